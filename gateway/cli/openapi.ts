/** `tonegate openapi`: the OpenAPI document, as a gateway with the default configuration serves it, on standard output. */
import { openApiDocument } from '../api/openapi-document.js';
import { parsedArguments } from './command-arguments.js';
import { type CommandOutput, EXIT_USAGE } from './command-output.js';

export const OPENAPI_USAGE = 'tonegate openapi';

export async function openapi(args: readonly string[], io: CommandOutput): Promise<number> {
  const words = parsedArguments({ args: [...args], options: {} }, OPENAPI_USAGE, io);
  if (!words) return EXIT_USAGE;
  io.out(JSON.stringify(openApiDocument(), null, 2));
  return 0;
}
