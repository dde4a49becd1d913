/** What a media process counts since its start. The names, in snake case, are suffixes of Prometheus metrics. */
import type { MediaStatistics } from './control-wire.js';

export class MediaCounters {
  rtpReceived = 0;
  rtpSent = 0;
  rtcpReceived = 0;
  rtcpSent = 0;
  /** Packets on a socket that belongs to no call, or to a call whose descriptions are not known yet. */
  droppedUnexpected = 0;
  droppedOversize = 0;
  droppedMalformedRtp = 0;
  droppedMalformedRtcp = 0;
  droppedForeignSource = 0;
  droppedForeignSsrc = 0;
  /** From a source that is still being learnt. */
  droppedLearning = 0;
  droppedPayloadType = 0;
  /** On hold, or the other leg takes none. */
  droppedDirection = 0;
  /** Arrived when their place in the stream had passed. */
  droppedLate = 0;
  /** The kernel did not take a datagram. */
  sendFailed = 0;
  eventPacketsSuppressed = 0;
  malformedEvents = 0;
  framesSuppressed = 0;
  samplesConcealed = 0;
  keysCaptured = 0;
  keysDropped = 0;
  /** The same press heard by a second way. */
  keysMerged = 0;
  /** Holes in a caller's stream that may have swallowed a press of a capture. */
  disturbances = 0;
  infoBodies = 0;
  infoBodiesWithoutKey = 0;
  infoBodiesUnused = 0;
  windowsOpened = 0;
  callsCreated = 0;
  callsRefused = 0;
  callsFailed = 0;
  /** Pairs of ports that could not be bound, with others tried in their place: another program uses our range. */
  portsRefused = 0;
  webrtcLegsConnected = 0;
  /** The transport of a leg ended, or never came up. */
  webrtcLegsLost = 0;
  /** Packets on WebRTC legs that SRTP did not let through: heard before, or not the peer's. */
  webrtcPacketsReplayed = 0;
  webrtcPacketsUnauthentic = 0;

  snapshot(gauges: Readonly<Record<string, number>>): MediaStatistics {
    const statistics: Record<string, number> = { ...gauges };
    for (const [name, count] of Object.entries(this)) {
      if (typeof count !== 'number') continue;
      statistics[name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)] = count;
    }
    return statistics;
  }
}
