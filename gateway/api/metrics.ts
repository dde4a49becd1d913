/** Plain counter records, which is what the rest of the gateway keeps, as a Prometheus page. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';

export type MetricGroup = {
  /** Second part of the metric's name: `tonegate_<group>_<name>`. */
  readonly group: string;
  readonly kind: 'counter' | 'gauge';
  readonly values: Readonly<Record<string, number>>;
  /** For instance which media process. */
  readonly labels?: Readonly<Record<string, string>>;
};

export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Made with the first page: collecting starts observers of the process, which a test of routes has no use for. */
let processMetrics: Registry | undefined;

/** Groups of one name are one metric, told apart by their labels. */
export async function renderMetrics(groups: readonly MetricGroup[]): Promise<string> {
  const registry = new Registry();
  for (const { group, kind, values, labels = {} } of groups) {
    for (const [name, value] of Object.entries(values)) {
      if (!Number.isFinite(value)) continue;
      const metricName = metricNameOf(group, name, kind);
      const help = `${group} ${name}`;
      const labelNames = Object.keys(labels);
      const known = registry.getSingleMetric(metricName);
      if (kind === 'counter') {
        const counter =
          known instanceof Counter ? known : new Counter({ name: metricName, help, labelNames, registers: [registry] });
        counter.inc(labels, Math.max(0, value));
      } else {
        const gauge =
          known instanceof Gauge ? known : new Gauge({ name: metricName, help, labelNames, registers: [registry] });
        gauge.set(labels, value);
      }
    }
  }
  return `${await registry.metrics()}\n${await ownProcess().metrics()}`;
}

function ownProcess(): Registry {
  if (processMetrics === undefined) {
    processMetrics = new Registry();
    collectDefaultMetrics({ register: processMetrics, prefix: 'tonegate_' });
  }
  return processMetrics;
}

/** `socketsOpened` becomes `sockets_opened`; a counter ends in `_total`, as Prometheus wants. */
function metricNameOf(group: string, name: string, kind: MetricGroup['kind']): string {
  const snake = `${group}_${name}`
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9_]/g, '_')
    .toLowerCase();
  return kind === 'counter' ? `tonegate_${snake}_total` : `tonegate_${snake}`;
}
