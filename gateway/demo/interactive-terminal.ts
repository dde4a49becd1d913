/** The demo with a person in it: what is typed at the terminal is what the caller keys; the agent is in the browser. */
import type { DemoGateway } from './demo-gateway-process.js';
import type { Phone } from './phone-socket.js';
import type { KeyTransport } from './phone-talker.js';

const KEYPAD = '0123456789*#';
const CTRL_C = '\u0003';
const CTRL_D = '\u0004';

export type InteractiveOptions = {
  readonly gateway: DemoGateway;
  readonly caller: Phone;
  readonly say: (line: string) => void;
};

/** Ends with `q`, Ctrl-C, or the end of the input. @returns the exit code */
export async function runInteractive({ gateway, caller, say }: InteractiveOptions): Promise<number> {
  let transport: KeyTransport = 'telephone-event';
  await caller.call('200', gateway.callerSidePort);
  say(`open   http://127.0.0.1:${gateway.apiPort}/panel/`);
  say(`token  ${gateway.secret('agent-agent.token')}`);
  say('The call is up. Click Start and Capture in the panel, then type here what the caller keys: 0-9 * #');
  say(
    't switches between telephone events and tones, q ends. Try card 4242424242424242, any expiry to come, code 123.',
  );
  for await (const character of keystrokes()) {
    if (character === 'q' || character === CTRL_C || character === CTRL_D) break;
    if (character === 't') {
      transport = transport === 'in-band' ? 'telephone-event' : 'in-band';
      say(`keys go as ${transport === 'in-band' ? 'tones' : 'telephone events'}`);
      continue;
    }
    const key = KEYPAD.indexOf(character);
    if (character !== '' && key >= 0) void caller.key([key], transport);
  }
  caller.hangUp();
  return 0;
}

async function* keystrokes(): AsyncGenerator<string> {
  const { stdin } = process;
  if (stdin.isTTY) stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  try {
    for await (const chunk of stdin) yield* String(chunk);
  } finally {
    if (stdin.isTTY) stdin.setRawMode(false);
  }
}
