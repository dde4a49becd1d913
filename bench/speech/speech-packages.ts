/** Debian packages that hold human speech under a free licence. Nothing of them is part of this repository. */

export type SpeechPackage = {
  readonly name: string;
  readonly languages: string;
  /** Paths below the package's root that are recordings of speech. */
  readonly recordings: RegExp;
  /** How sox is to read a file that does not say it itself. */
  readonly soxInput: readonly string[];
};

/** Prompts come with beeps, tones, silences and monkeys among them, which are not speech. */
const PROMPT = /^(?!.*(?:silence|beep|-2tone|tt-monkeys\.)).*\.(?:wav|gsm)$/;

function prompts(name: string, languages: string): SpeechPackage {
  return { name, languages, recordings: PROMPT, soxInput: [] };
}

function fillets(name: string, languages: string, folder: string): SpeechPackage {
  return { name, languages, recordings: new RegExp(`/sound/.*/${folder}/[^/]*\\.ogg$`), soxInput: [] };
}

/** Lines of dialogue, but for the sound effects S1 to S15: 8-bit unsigned samples at 11.025 kHz without a header. */
function drascula(name: string, languages: string): SpeechPackage {
  const soxInput = ['-t', 'raw', '-r', '11025', '-e', 'unsigned-integer', '-b', '8', '-c', '1'];
  return { name, languages, recordings: /\/(?!S\d)[A-Z]*\d+\.ALS$/i, soxInput };
}

export const SPEECH_PACKAGES: readonly SpeechPackage[] = [
  prompts('asterisk-core-sounds-en-wav', 'English'),
  prompts('asterisk-core-sounds-es-wav', 'Spanish'),
  prompts('asterisk-core-sounds-fr-wav', 'French'),
  prompts('asterisk-core-sounds-it-wav', 'Italian'),
  prompts('asterisk-core-sounds-ru-wav', 'Russian'),
  prompts('asterisk-prompt-es-co', 'Spanish'),
  prompts('asterisk-prompt-fr-armelle', 'French'),
  prompts('asterisk-prompt-it-menardi-wav', 'Italian'),
  { name: 'klettres-data', languages: 'letters of 20', recordings: /\/(?:alpha|syllab)\/[^/]*\.ogg$/, soxInput: [] },
  fillets('fillets-ng-data-cs', 'Czech', 'cs'),
  fillets('fillets-ng-data-nl', 'Dutch', 'nl'),
  drascula('drascula', 'English'),
  drascula('drascula-italian', 'Italian'),
  drascula('drascula-spanish', 'Spanish'),
];
