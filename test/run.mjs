/**
 * `npm test`: programs the tests need, a clean build, lint, unit tests, integration tests. Every step's output is shown
 * as it comes, with the name of every test; the last line is `N passed, N failed`, where the build and the lint count
 * as one check each.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('..', import.meta.url));
const outputDirectory = join(project, 'test-output');
const MINUTE_MS = 60_000;

/** Debian packages and what shows that they, or the same programs from elsewhere, are there. */
const requirements = [
  { package: 'sip-tester', commands: ['sipp'] },
  { package: 'baresip-core', commands: ['baresip'], files: ['/usr/lib/baresip/modules/ctrl_tcp.so'] },
  { package: 'tshark', commands: ['tshark', 'dumpcap'] },
  { package: 'chromium', commands: ['chromium'] },
  { package: 'libspandsp-dev', headers: ['spandsp.h'] },
  { package: 'rtpengine-daemon', commands: ['rtpengine'] },
  { package: 'sox', commands: ['sox'] },
  { package: 'espeak-ng', commands: ['espeak-ng'] },
  { package: 'gcc', commands: ['gcc'] },
  { package: 'libc6-dev', headers: ['stdio.h'] },
  { package: 'util-linux', commands: ['setpriv', 'setsid'] },
  { package: 'bsdutils', commands: ['script'] },
  { package: 'openssl', commands: ['openssl'] },
  { package: 'coturn', commands: ['turnserver'] },
  { package: 'iproute2', commands: ['ip'] },
];

const counts = { passed: 0, failed: 0 };

runAll();
// Whatever happened, this is the last line.
say(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1;

function runAll() {
  if (!havePackages()) return;
  rmSync(outputDirectory, { recursive: true, force: true });
  mkdirSync(outputDirectory, { recursive: true });
  const built = check('build', 'npm', ['run', '--silent', 'build'], 10 * MINUTE_MS);
  check(
    'lint',
    process.execPath,
    [binOf('@biomejs/biome', 'biome'), 'check', '--error-on-warnings', '.'],
    5 * MINUTE_MS,
  );
  // What an incomplete build leaves behind says nothing about the sources.
  if (!built) return;
  const unit = jest(
    'unit tests',
    'unit.json',
    ['--maxWorkers=2', '--testPathIgnorePatterns', '/dist/test/'],
    15 * MINUTE_MS,
  );
  // Integration tests share ports, processors and real time: one after another.
  const integration = jest('integration tests', 'integration.json', ['--runInBand', '/dist/test/'], 40 * MINUTE_MS);
  if (unit + integration === 0) fail('no test ran');
}

function havePackages() {
  const missing = requirements.filter((requirement) => !isThere(requirement)).map((requirement) => requirement.package);
  if (missing.length === 0) return true;
  const install = ['install', '-y', '--no-install-recommends', ...missing];
  if (process.getuid?.() !== 0) {
    const command = `sudo apt-get update && sudo DEBIAN_FRONTEND=noninteractive apt-get ${install.join(' ')}`;
    fail(`programs for the tests are missing; install them with:\n  ${command}`);
    return false;
  }
  heading(`installing ${missing.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const lock = ['-o', 'DPkg::Lock::Timeout=120'];
  for (const args of [['update'], install]) {
    const { status } = spawnSync('apt-get', [...lock, '-q', ...args], {
      stdio: 'inherit',
      env,
      timeout: 15 * MINUTE_MS,
    });
    if (status !== 0) {
      fail(`apt-get ${args.join(' ')} failed`);
      return false;
    }
  }
  const still = requirements.filter((requirement) => !isThere(requirement)).map((requirement) => requirement.package);
  if (still.length > 0) fail(`still missing after the installation: ${still.join(' ')}`);
  return still.length === 0;
}

function isThere({ commands = [], files = [], headers = [] }) {
  return commands.every(isCommand) && files.every((file) => existsSync(file)) && headers.every(isHeader);
}

function isCommand(name) {
  return (process.env.PATH ?? '').split(delimiter).some((directory) => isExecutable(join(directory, name)));
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Asked of the preprocessor, which knows the folders of this architecture; without one, headers count as missing. */
function isHeader(name) {
  const input = `#include <${name}>\n`;
  return spawnSync('gcc', ['-E', '-x', 'c', '-', '-o', '/dev/null'], { input, timeout: MINUTE_MS }).status === 0;
}

/** The script behind a package's command, so that it can be run without a shell. */
function binOf(packageName, command) {
  const directory = join(project, 'node_modules', packageName);
  const { bin } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  return join(directory, typeof bin === 'string' ? bin : bin[command]);
}

function check(name, command, args, limitMs) {
  heading(name);
  const passed = run(command, args, limitMs) === 0;
  say(`${name}: ${passed ? 'passed' : 'FAILED'}`);
  counts[passed ? 'passed' : 'failed'] += 1;
  return passed;
}

/** Runs one jest, adds its results to the counts and answers how many tests ran. */
function jest(name, resultName, args, limitMs) {
  heading(name);
  const resultFile = join(outputDirectory, resultName);
  const jestArgs = [
    ...['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', binOf('jest', 'jest')],
    ...['--verbose', '--passWithNoTests', '--json', `--outputFile=${resultFile}`, ...args],
  ];
  // Its report comes on error output when its results are wanted as JSON; people read it with the rest.
  const status = run(process.execPath, jestArgs, limitMs, ['ignore', 'ignore', process.stdout.fd]);
  if (!existsSync(resultFile)) {
    fail(`${name} ended without results (exit code ${status})`);
    return 0;
  }
  const results = JSON.parse(readFileSync(resultFile, 'utf8'));
  counts.passed += results.numPassedTests;
  // A file that could not be loaded has no tests to fail: the file itself counts.
  counts.failed += results.numFailedTests + results.numRuntimeErrorTestSuites;
  const skipped = results.numPendingTests + results.numTodoTests;
  if (skipped > 0) say(`${name}: ${skipped} skipped`);
  if (status !== 0 && results.numFailedTests + results.numRuntimeErrorTestSuites === 0) {
    fail(`${name} ended with exit code ${status} although no test failed`);
  }
  return results.numPassedTests + results.numFailedTests;
}

function run(command, args, limitMs, stdio = ['ignore', 'inherit', 'inherit']) {
  const env = { ...process.env };
  // A build folder or options of a developer's shell must not steer the whole run.
  delete env.TONEGATE_BUILD;
  delete env.NODE_OPTIONS;
  const result = spawnSync(command, args, { cwd: project, env, stdio, timeout: limitMs, killSignal: 'SIGTERM' });
  if (result.error !== undefined) say(`${command}: ${result.error.message}`);
  return result.status;
}

function fail(text) {
  say(text);
  counts.failed += 1;
}

function heading(text) {
  say(`\n== ${text}`);
}

function say(text) {
  process.stdout.write(`${text}\n`);
}
