/** `tonegate openapi`: the OpenAPI document, as a gateway with the default configuration serves it, on standard output. */
import { openApiDocument } from '../api/openapi-document.js';
import { parsedArguments } from './command-arguments.js';
import type { CommandOutput } from './command-output.js';

export const OPENAPI_USAGE = 'tonegate openapi';

export async function openapi(args: readonly string[], io: CommandOutput): Promise<number> {
  const parsed = parsedArguments({ args: [...args], options: {} }, OPENAPI_USAGE, io);
  if (parsed.kind === 'ended') return parsed.exitCode;
  io.out(JSON.stringify(openApiDocument(), null, 2));
  return 0;
}
