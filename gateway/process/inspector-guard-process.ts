/**
 * Node opens its inspector on SIGUSR1, and with it the memory of the process to anybody on the machine's loopback. A
 * handler of our own prevents that. Import this before anything else.
 */
process.on('SIGUSR1', () => {});
