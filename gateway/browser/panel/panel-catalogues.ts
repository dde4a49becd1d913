/** The languages that come with the panel, and which of them a language tag means. */
import { type Catalogue, changed, type MessageChanges, type PanelMessages } from './panel-messages.js';
import { texts as englishTexts } from './panel-texts.js';
import { arabicTexts } from './panel-texts-arabic.js';
import { germanTexts } from './panel-texts-german.js';

const TEXTS: Readonly<Record<string, PanelMessages>> = { en: englishTexts, de: germanTexts, ar: arabicTexts };
const RIGHT_TO_LEFT = ['ar', 'dv', 'fa', 'he', 'ku', 'ps', 'sd', 'ug', 'ur', 'yi'];
const ENGLISH = 'en';

/**
 * The catalogue of a language tag such as `de-AT`, with the page's changes in it. A language that does not come with the
 * panel is English, unless the page brings texts of its own: then they are that language's.
 */
export function catalogueOf(tag: string | undefined, changes: MessageChanges | undefined): Catalogue {
  const asked = languageOf(tag);
  const known = Object.hasOwn(TEXTS, asked) ? asked : ENGLISH;
  const texts = TEXTS[known] ?? englishTexts;
  if (changes === undefined) return { language: known, direction: directionOf(known), texts };
  return { language: asked, direction: directionOf(asked), texts: changed(texts, changes) };
}

/** The language alone, without script and region. What is no language tag is English. */
function languageOf(tag: string | undefined): string {
  if (tag === undefined || tag === '') return ENGLISH;
  try {
    return new Intl.Locale(tag).language;
  } catch {
    return ENGLISH;
  }
}

function directionOf(language: string): 'ltr' | 'rtl' {
  return RIGHT_TO_LEFT.includes(language) ? 'rtl' : 'ltr';
}
