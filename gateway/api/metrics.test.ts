import { expect, test } from '@jest/globals';
import { renderMetrics } from './metrics.js';

test('counter records become metrics of their group, told apart by labels', async () => {
  const page = await renderMetrics([
    { group: 'api', kind: 'counter', values: { socketsOpened: 3 } },
    { group: 'media', kind: 'counter', values: { 'packets-in': 10 }, labels: { process: '0' } },
    { group: 'media', kind: 'counter', values: { 'packets-in': 20 }, labels: { process: '1' } },
    { group: 'calls', kind: 'gauge', values: { active: 2 } },
  ]);
  expect(page).toContain('# TYPE tonegate_api_sockets_opened_total counter');
  expect(page).toContain('tonegate_api_sockets_opened_total 3');
  expect(page).toContain('tonegate_media_packets_in_total{process="0"} 10');
  expect(page).toContain('tonegate_media_packets_in_total{process="1"} 20');
  expect(page).toContain('tonegate_calls_active 2');
  expect(page).toContain('tonegate_process_resident_memory_bytes');
});

test('what is no number is left out', async () => {
  const page = await renderMetrics([{ group: 'x', kind: 'gauge', values: { bad: Number.NaN, good: 1 } }]);
  expect(page).not.toContain('tonegate_x_bad');
  expect(page).toContain('tonegate_x_good 1');
});
