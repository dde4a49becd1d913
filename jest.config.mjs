// Tests run as built ES modules without a transform; source maps lead failures back to the .ts files.
const root = process.env.TONEGATE_BUILD ?? 'dist';

export default {
  testEnvironment: 'node',
  transform: {},
  roots: [`<rootDir>/${root}`],
  testMatch: ['**/*.test.js'],
  testTimeout: 60_000,
};
