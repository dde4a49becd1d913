import { expect, test } from '@jest/globals';
import { SPEECH_PACKAGES } from './speech-packages.js';

function takes(name: string, path: string): boolean | undefined {
  return SPEECH_PACKAGES.find((source) => source.name === name)?.recordings.test(path);
}

test.each([
  ['asterisk-core-sounds-en-wav', '/usr/share/asterisk/sounds/en_US_f_Allison/digits/h-3.wav'],
  ['asterisk-prompt-es-co', '/usr/share/asterisk/sounds/es/agent-pass.gsm'],
  ['klettres-data', '/usr/share/klettres/nds/alpha/x.ogg'],
  ['fillets-ng-data-cs', '/usr/share/games/fillets-ng/sound/gods/cs/a.ogg'],
  ['drascula', '/usr/share/scummvm/drascula/en/VB41.ALS'],
  ['drascula', '/usr/share/scummvm/drascula/en/259.ALS'],
])('%s: %s is speech', (name, path) => {
  expect(takes(name, path)).toBe(true);
});

test.each([
  ['asterisk-core-sounds-en-wav', '/usr/share/asterisk/sounds/en_US_f_Allison/silence/3.wav'],
  ['asterisk-core-sounds-en-wav', '/usr/share/asterisk/sounds/en_US_f_Allison/beeperr.wav'],
  ['asterisk-core-sounds-en-wav', '/usr/share/asterisk/sounds/en_US_f_Allison/ascending-2tone.wav'],
  ['asterisk-core-sounds-en-wav', '/usr/share/asterisk/sounds/en_US_f_Allison/tt-monkeys.wav'],
  ['fillets-ng-data-cs', '/usr/share/games/fillets-ng/music/menu.ogg'],
  ['drascula', '/usr/share/scummvm/drascula/en/S3.ALS'],
  ['drascula', '/usr/share/scummvm/drascula/en/ANR_4.ALG'],
])('%s: %s is not', (name, path) => {
  expect(takes(name, path)).toBe(false);
});
