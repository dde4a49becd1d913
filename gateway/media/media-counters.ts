/** What a media process counts since its start. The names, in snake case, are suffixes of Prometheus metrics. */
import type { MediaStatistics } from './control-wire.js';

export class MediaCounters {
  rtpReceivedTotal = 0;
  rtpSentTotal = 0;
  rtcpReceivedTotal = 0;
  rtcpSentTotal = 0;
  /** Packets on a socket that belongs to no call, or to a call whose descriptions are not known yet. */
  droppedUnexpectedTotal = 0;
  droppedOversizeTotal = 0;
  droppedMalformedRtpTotal = 0;
  droppedMalformedRtcpTotal = 0;
  droppedForeignSourceTotal = 0;
  droppedForeignSsrcTotal = 0;
  /** From a source that is still being learnt. */
  droppedLearningTotal = 0;
  droppedPayloadTypeTotal = 0;
  /** On hold, or the other leg takes none. */
  droppedDirectionTotal = 0;
  /** Arrived when their place in the stream had passed. */
  droppedLateTotal = 0;
  /** The kernel did not take a datagram. */
  sendFailedTotal = 0;
  /** No slot was free to send from. */
  droppedNoSlotTotal = 0;
  eventPacketsSuppressedTotal = 0;
  malformedEventsTotal = 0;
  framesSuppressedTotal = 0;
  samplesConcealedTotal = 0;
  keysCapturedTotal = 0;
  keysDroppedTotal = 0;
  /** The same press heard by a second way. */
  keysMergedTotal = 0;
  infoBodiesTotal = 0;
  infoBodiesWithoutKeyTotal = 0;
  infoBodiesUnusedTotal = 0;
  windowsOpenedTotal = 0;
  callsCreatedTotal = 0;
  callsRefusedTotal = 0;
  callsFailedTotal = 0;

  snapshot(gauges: Readonly<Record<string, number>>): MediaStatistics {
    const statistics: Record<string, number> = { ...gauges };
    for (const [name, count] of Object.entries(this)) {
      if (typeof count !== 'number') continue;
      statistics[name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)] = count;
    }
    return statistics;
  }
}
