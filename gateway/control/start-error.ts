/** A child process did not come up, and its own lines in the log say why. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly code = 'children-not-up';

  constructor() {
    super('the media and vault processes did not come up: the lines above say why');
  }
}
