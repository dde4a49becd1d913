/**
 * Imported before everything else, for its effect: on SIGUSR1 Node 20 opens an inspector on loopback, through which
 * any process of the same user could read the vault's memory. A handler of our own takes its place.
 */
process.on('SIGUSR1', () => {});
