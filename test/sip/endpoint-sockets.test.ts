/** The shells: one call over real loopback sockets, phone to gateway to phone. */
import { expect, test } from '@jest/globals';
import { type BackToBackNews, SipEndpoint } from '../../sip/sip-endpoint-socket.js';
import { type UserAgentNews, UserAgentSocket } from '../../sip/user-agent-socket.js';
import { ANSWER, OFFER } from './call-stage.js';

const LOOPBACK = '127.0.0.1';

function listener(name: string) {
  return { name, address: LOOPBACK, port: 0, transports: ['udp', 'tcp'] as const };
}

test.each(['udp', 'tcp'] as const)('a call over %s is made, and hung up, and told of in order', async (transport) => {
  const news: string[] = [];
  let tellEnded: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    tellEnded = resolve;
  });
  const agent: UserAgentSocket = new UserAgentSocket({
    listeners: [listener('phone')],
    onOutput: (output: UserAgentNews) => {
      if (output.kind === 'incoming-call') {
        agent.handle({ kind: 'answer', callId: output.callId, sdp: ANSWER });
      }
    },
  });
  const caller: UserAgentSocket = new UserAgentSocket({
    listeners: [listener('phone')],
    onOutput: (output: UserAgentNews) => {
      if (output.kind === 'accepted') {
        caller.handle({ kind: 'hang-up', callId: 'c1' });
      }
    },
  });
  const [agentBound] = await agent.start();
  await caller.start();
  const gateway: SipEndpoint = new SipEndpoint({
    listeners: [listener('caller-side'), listener('agent-side')],
    maxCalls: 10,
    onError: (error) => news.push(String(error)),
    onOutput: (output: BackToBackNews) => {
      news.push(output.kind);
      if (output.kind === 'call-arrived') {
        const uri = `sip:agent@${LOOPBACK}:${agentBound.port}`;
        const to = { displayName: '', uri, user: 'agent' };
        const place = { transport, remoteAddress: LOOPBACK, remotePort: agentBound.port };
        const target = { flow: { listener: 'agent-side', ...place }, requestUri: uri, from: output.from, to };
        gateway.handle({ kind: 'route-call', callId: output.callId, target });
      } else if (output.kind === 'description-received') {
        const { exchangeId, sdp } = output;
        gateway.handle({ kind: 'description-ready', exchangeId, sdp: Buffer.from(sdp) });
      } else if (output.kind === 'call-ended') {
        tellEnded();
      }
    },
  });
  const bound = await gateway.start();
  expect(bound.map(({ name, transport: kind }) => `${name} ${kind}`)).toEqual([
    'caller-side udp',
    'caller-side tcp',
    'agent-side udp',
    'agent-side tcp',
  ]);
  const uri = `sip:service@${LOOPBACK}:${bound[0].port}`;
  caller.handle({
    kind: 'place-call',
    callId: 'c1',
    target: {
      flow: { listener: 'phone', transport, remoteAddress: LOOPBACK, remotePort: bound[0].port },
      requestUri: uri,
      from: { displayName: '', uri: `sip:caller@${LOOPBACK}` },
      to: { displayName: '', uri },
    },
    sdp: OFFER,
  });
  await ended;
  await Promise.all([caller.close(), gateway.close(), agent.close()]);
  expect(news).toEqual(['call-arrived', 'description-received', 'description-received', 'call-progress', 'call-ended']);
});

test('a user who breaks over one piece of news hears the rest, and what is to be sent goes out', async () => {
  const heard: string[] = [];
  const errors: string[] = [];
  let tellEnded: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    tellEnded = resolve;
  });
  const gateway: SipEndpoint = new SipEndpoint({
    listeners: [listener('caller-side')],
    maxCalls: 10,
    onError: (error) => errors.push(String(error)),
    onOutput: (output: BackToBackNews) => {
      heard.push(output.kind);
      if (output.kind !== 'call-arrived') throw new Error(`over ${output.kind}`);
      gateway.handle({ kind: 'refuse-call', callId: output.callId, status: 486, reason: 'Busy Here' });
      throw new Error('over call-arrived');
    },
  });
  const caller: UserAgentSocket = new UserAgentSocket({
    listeners: [listener('phone')],
    onOutput: (output: UserAgentNews) => {
      if (output.kind === 'ended') tellEnded();
    },
  });
  const [bound] = await gateway.start();
  await caller.start();
  const uri = `sip:service@${LOOPBACK}:${bound.port}`;
  caller.handle({
    kind: 'place-call',
    callId: 'c1',
    target: {
      flow: { listener: 'phone', transport: 'udp', remoteAddress: LOOPBACK, remotePort: bound.port },
      requestUri: uri,
      from: { displayName: '', uri: `sip:caller@${LOOPBACK}` },
      to: { displayName: '', uri },
    },
    sdp: OFFER,
  });
  await ended;
  await Promise.all([caller.close(), gateway.close()]);
  expect(heard).toEqual(['call-arrived', 'call-ended']);
  expect(errors).toEqual(['Error: over call-arrived', 'Error: over call-ended']);
});
