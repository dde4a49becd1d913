/** What registered users may do and what nobody may, message by message. */
import { describe, expect, test } from '@jest/globals';
import { headerValue, headerValues, tagOf } from '../../sip/headers.js';
import type { SipResponse } from '../../sip/message.js';
import {
  HOME_LIFETIME_MS,
  MAX_FAILURES_PER_PLACE,
  MAX_FAILURES_PER_SOURCE,
} from '../../sip/registrar/authenticator.js';
import { MAX_BINDINGS_PER_USER } from '../../sip/registrar/bindings.js';
import { MAX_REPORTS_PER_WINDOW, REPORT_WINDOW_MS } from '../../sip/registrar/login-reports.js';
import { NONCE_LIFETIME_MS } from '../../sip/registrar/nonces.js';
import { MAX_EXPIRES_SECONDS, MIN_EXPIRES_SECONDS } from '../../sip/registrar/registrar.js';
import { CONNECTION_GRACE_MS } from '../../sip/registrar/user-paths.js';
import { browserFlow, deskPhoneFlow, PASSWORDS, RawUser, RegisteredWorld, responseText } from './raw-user.js';

const OFFER = 'v=0\r\no=offer\r\n';

function alone(name = 'alice') {
  const world = new RegisteredWorld();
  return { world, user: new RawUser(world, name, browserFlow(1)) };
}

function contactsOf(response: SipResponse | undefined): readonly string[] {
  return response === undefined ? [] : headerValues(response, 'Contact');
}

describe('REGISTER', () => {
  test('is challenged with both algorithms, SHA-256 first, and the right answer to either is taken', () => {
    for (const algorithm of ['SHA-256', 'MD5'] as const) {
      const { world, user } = alone();
      const request = { method: 'REGISTER', headers: [`Contact: <${user.contact}>`] };
      const challenge = user.try(request);
      expect(challenge?.status).toBe(401);
      const offered = challenge === undefined ? [] : headerValues(challenge, 'WWW-Authenticate');
      expect(offered.map((value) => /algorithm=([^,]+)/.exec(value)?.[1])).toEqual(['SHA-256', 'MD5']);
      expect(user.ask(request, algorithm)?.status).toBe(200);
      expect(world.registrar.bindingOf('alice', 'user-side', world.nowMs)?.contact).toBe(user.contact);
    }
  });

  test('with an algorithm that is not offered is challenged again', () => {
    const world = new RegisteredWorld(['SHA-256']);
    const user = new RawUser(world, 'alice', browserFlow(1));
    const request = { method: 'REGISTER' };
    const challenge = user.try(request);
    if (challenge === undefined) throw new Error('not answered');
    const authorization = user.credentials(request, challenge, 'MD5');
    expect(user.try({ ...request, authorization })?.status).toBe(401);
    expect(world.counts.get('authentication-failed')).toBeUndefined();
  });

  test('answers every living contact with the time it has left, and asks of nothing without a Contact', () => {
    const { world, user } = alone();
    user.register({ headers: ['Expires: 300'] });
    world.waitMs(100_000);
    expect(contactsOf(user.register({ contacts: [] }))).toEqual([`<${user.contact}>;expires=200`]);
    world.waitMs(201_000);
    expect(contactsOf(user.register({ contacts: [] }))).toEqual([]);
  });

  test('has its time from the contact before the header, at most what is allowed, and a usual one otherwise', () => {
    const { user } = alone();
    const expires = (contact: string, ...headers: string[]) =>
      /expires=(\d+)/.exec(contactsOf(user.register({ contacts: [contact], headers })).join())?.[1];
    expect(expires(`<${user.contact}>;expires=90`, 'Expires: 200')).toBe('90');
    expect(expires(`<${user.contact}>`, 'Expires: 200')).toBe('200');
    expect(expires(`<${user.contact}>`)).toBe('600');
    expect(expires(`<${user.contact}>`, 'Expires: soon')).toBe('3600');
    expect(expires(`<${user.contact}>;expires=999999999999`)).toBe(String(MAX_EXPIRES_SECONDS));
  });

  test('that wants to come back too soon is told how soon it may', () => {
    const { world, user } = alone();
    const response = user.register({ headers: [`Expires: ${MIN_EXPIRES_SECONDS - 1}`] });
    expect(response?.status).toBe(423);
    expect(response && headerValue(response, 'Min-Expires')).toBe(String(MIN_EXPIRES_SECONDS));
    expect(world.registrar.bindingOf('alice', 'user-side', world.nowMs)).toBeUndefined();
    expect(user.register({ headers: [`Expires: ${MIN_EXPIRES_SECONDS}`] })?.status).toBe(200);
  });

  test('with Expires: 0 takes one contact back, and with an asterisk all', () => {
    const { user } = alone();
    user.register({ contacts: ['<sip:a@one.invalid>', '<sip:b@two.invalid>', '<sip:c@three.invalid>'] });
    const left = contactsOf(user.register({ contacts: ['<sip:b@two.invalid>;expires=0'] }));
    expect(left.map((contact) => contact.slice(0, 7))).toEqual(['<sip:a@', '<sip:c@']);
    expect(user.register({ contacts: ['*'] })?.status).toBe(400);
    expect(user.register({ contacts: ['*', '<sip:a@one.invalid>'], headers: ['Expires: 0'] })?.status).toBe(400);
    expect(contactsOf(user.register({ contacts: [] }))).toHaveLength(2);
    expect(contactsOf(user.register({ contacts: ['*'], headers: ['Expires: 0'] }))).toEqual([]);
  });

  test('with an asterisk that comes late, behind a newer one of the same phone, takes nothing back', () => {
    const { world, user } = alone();
    user.register({ contacts: ['<sip:a@one.invalid>', '<sip:b@two.invalid>'] });
    const late = new RawUser(world, 'alice', browserFlow(1));
    expect(late.register({ contacts: ['*'], headers: ['Expires: 0'] })?.status).toBe(500);
    expect(contactsOf(user.register({ contacts: [] }))).toHaveLength(2);
  });

  test('keeps so many contacts a user, the ones refreshed last', () => {
    const { user } = alone();
    for (let tab = 0; tab <= MAX_BINDINGS_PER_USER; tab += 1)
      user.register({ contacts: [`<sip:tab${tab}@a.invalid>`] });
    const kept = contactsOf(user.register({ contacts: [] }));
    expect(kept).toHaveLength(MAX_BINDINGS_PER_USER);
    expect(kept[0]).toContain('tab1@');
    const many = Array.from({ length: MAX_BINDINGS_PER_USER + 1 }, (_, tab) => `<sip:m${tab}@a.invalid>`);
    expect(user.register({ contacts: many })?.status).toBe(403);
  });

  test('of the same phone on a new connection takes the place of the old one (RFC 5626)', () => {
    const { world, user } = alone();
    const instance = '+sip.instance="<urn:uuid:1>";reg-id=1';
    user.register({ contacts: [`<sip:x@one.invalid>;${instance}`] });
    user.flow = browserFlow(2);
    const kept = contactsOf(user.register({ contacts: [`<sip:y@two.invalid>;${instance}`] }));
    expect(kept).toEqual(['<sip:y@two.invalid>;expires=600']);
    expect(world.registrar.bindingOf('alice', 'user-side', world.nowMs)?.flow.connectionId).toBe(2);
  });

  test.each(['<tel:201>', '<sip:>', 'nonsense', '<http://a.example/>'])('with the contact %s is refused', (contact) => {
    expect(alone().user.register({ contacts: [contact] })?.status).toBe(400);
  });

  test('that comes late, behind a newer one of the same phone, changes nothing', () => {
    const { world, user } = alone();
    user.register({ headers: ['Expires: 300'] });
    const late = new RawUser(world, 'alice', browserFlow(1));
    expect(late.register({ headers: ['Expires: 0'] })?.status).toBe(500);
    expect(world.registrar.bindingOf('alice', 'user-side', world.nowMs)).toBeDefined();
  });

  test('sent again over UDP is answered the same, and counts once', () => {
    const world = new RegisteredWorld();
    const user = new RawUser(world, 'alice', deskPhoneFlow());
    const request = { method: 'REGISTER', headers: ['Contact: <sip:alice@10.0.0.5>'] };
    const challenge = user.try(request);
    if (challenge === undefined) throw new Error('not answered');
    const text = user.text({ ...request, authorization: user.credentials(request, challenge) });
    world.receive(user.flow, text);
    world.receive(user.flow, text);
    const answers = world.takeFrom(user.flow).map((message) => message.kind === 'response' && message.status);
    expect(answers).toEqual([200, 200]);
    expect(world.counts.get('registered')).toBe(1);
  });

  test('a connection that is gone takes its binding along', () => {
    const { world, user } = alone();
    user.register();
    world.handle({ kind: 'flow-failed', flow: user.flow });
    expect(world.registrar.bindingOf('alice', 'user-side', world.nowMs)).toBeUndefined();
  });

  test('is what OPTIONS offers, to users alone', () => {
    const { world, user } = alone();
    const answer = user.ask({ method: 'OPTIONS' });
    expect([answer?.status, answer && headerValue(answer, 'Allow')]).toEqual([200, expect.stringMatching(/REGISTER/)]);
    world.fromTrunk(user.text({ method: 'OPTIONS' }));
    const [told] = world.takeTrunk();
    expect(told && headerValue(told, 'Allow')).toMatch(/OPTIONS(?!.*REGISTER)/);
  });

  test('from a peer is not for it', () => {
    const world = new RegisteredWorld();
    world.fromTrunk(new RawUser(world, 'alice', browserFlow(1)).text({ method: 'REGISTER' }));
    expect(world.takeTrunk()).toMatchObject([{ status: 405 }]);
  });
});

describe('passwords', () => {
  test('wrong one and unknown user are told the same, and nothing is bound', () => {
    const world = new RegisteredWorld();
    const told = (['alice', 'mallory'] as const).map((name, index) => {
      const user = new RawUser(world, name, browserFlow(1, `198.51.100.${index}`), 'guessed');
      const response = user.register();
      const headers = response?.headers.filter((header) => header.name === 'WWW-Authenticate') ?? [];
      return [response?.status, response?.reason, ...headers.map(({ value }) => value.replace(/nonce="\w+"/, ''))];
    });
    expect(told[0]).toEqual(told[1]);
    expect(told[0][0]).toBe(401);
    expect(told.flat().join()).not.toContain('stale');
    expect(world.registrar.bindingOf('alice', 'user-side', world.nowMs)).toBeUndefined();
  });

  test('after so many failures a user is not listened to from there, right password or not, until the wait is over', () => {
    const world = new RegisteredWorld();
    const statuses = Array.from({ length: 20 }, (_, index) => {
      const attacker = new RawUser(world, 'alice', browserFlow(index), `guess ${index}`);
      return attacker.register()?.status;
    });
    expect(statuses).toEqual([
      ...Array(MAX_FAILURES_PER_PLACE).fill(401),
      ...Array(20 - MAX_FAILURES_PER_PLACE).fill(403),
    ]);
    const told = world.news.flatMap((one) => (one.kind === 'login-refused' ? [one.failures] : []));
    expect(told).toEqual([1, MAX_FAILURES_PER_PLACE]);
    const user = new RawUser(world, 'alice', browserFlow(99));
    const response = user.register();
    expect(response?.status).toBe(403);
    expect(response && headerValue(response, 'Retry-After')).toBe('60');
    world.waitMs(60_000);
    expect(user.register()?.status).toBe(200);
  });

  test('guessing elsewhere keeps nobody out', () => {
    const world = new RegisteredWorld();
    for (let index = 0; index < 100; index += 1) {
      new RawUser(world, 'alice', browserFlow(index, `203.0.113.${index}`), 'guessed').register();
    }
    expect(world.counts.get('authentication-failed')).toBe(100);
    expect(new RawUser(world, 'alice', browserFlow(200)).register()?.status).toBe(200);
  });

  test('a made-up nonce, or one that was given to somebody else, is asked anew and counts as no failure', () => {
    const world = new RegisteredWorld();
    const request = { method: 'REGISTER' };
    const attacker = new RawUser(world, 'alice', browserFlow(1, '203.0.113.9'), 'guessed');
    const challenge = attacker.try(request);
    if (challenge === undefined) throw new Error('not answered');
    const credentials = attacker.credentials(request, challenge);
    const forged = [credentials, credentials.replace(/nonce="\w+"/, 'nonce="made-up"')];
    // As if they came from where alice is.
    attacker.flow = deskPhoneFlow();
    for (let count = 0; count < MAX_FAILURES_PER_SOURCE; count += 1) {
      for (const authorization of forged) expect(attacker.try({ ...request, authorization })?.status).toBe(401);
    }
    expect(world.counts.get('authentication-failed')).toBeUndefined();
    expect(world.news.some(({ kind }) => kind === 'login-refused')).toBe(false);
    expect(new RawUser(world, 'alice', deskPhoneFlow()).register()?.status).toBe(200);
  });

  test('whether a guess was right is not told for a nonce that is not good', () => {
    const world = new RegisteredWorld();
    const request = { method: 'REGISTER' };
    const told = [PASSWORDS.alice, 'guessed'].map((password) => {
      const user = new RawUser(world, 'alice', browserFlow(1), password);
      const challenge = user.try(request);
      if (challenge === undefined) throw new Error('not answered');
      world.waitMs(NONCE_LIFETIME_MS + 1);
      const stale = user.try({ ...request, authorization: user.credentials(request, challenge) });
      return stale && headerValue(stale, 'WWW-Authenticate')?.replace(/nonce="\w+"/, '');
    });
    expect(told[0]).toMatch(/stale=true/);
    expect(told[1]).toBe(told[0]);
  });

  test('a password that was given out for a while is let in however often others fail there', () => {
    const world = new RegisteredWorld();
    const password = world.registrar.issuePassword('alice', 600_000, world.nowMs) ?? '';
    for (let index = 0; index < MAX_FAILURES_PER_SOURCE; index += 1) {
      new RawUser(world, 'alice', browserFlow(index), 'guessed').register();
      new RawUser(world, `user${index}`, browserFlow(index), 'guessed').register();
    }
    expect(new RawUser(world, 'alice', browserFlow(99)).register()?.status).toBe(403);
    expect(new RawUser(world, 'alice', browserFlow(98), password).register()?.status).toBe(200);
  });

  test('others’ failures do not keep a user out from where the user was let in before, for a day', () => {
    const world = new RegisteredWorld();
    const user = new RawUser(world, 'alice', browserFlow(1));
    const guessUnderManyNames = () => {
      for (let index = 0; index < MAX_FAILURES_PER_SOURCE; index += 1) {
        new RawUser(world, `user${index}`, browserFlow(50), 'guessed').register();
      }
    };
    expect(user.register()?.status).toBe(200);
    guessUnderManyNames();
    expect(new RawUser(world, 'bob', browserFlow(2)).register()?.status).toBe(403);
    expect(user.register()?.status).toBe(200);
    world.waitMs(HOME_LIFETIME_MS);
    guessUnderManyNames();
    expect(user.register()?.status).toBe(403);
  });

  test('of failures from many addresses so many are told in a minute, and how many were not, later', () => {
    const world = new RegisteredWorld();
    const failFrom = (address: string) => new RawUser(world, 'alice', browserFlow(1, address), 'guessed').register();
    for (let index = 0; index < MAX_REPORTS_PER_WINDOW + 20; index += 1) failFrom(`203.0.113.${index}`);
    const told = () => world.news.flatMap((one) => (one.kind === 'login-refused' ? [one.untold] : []));
    expect(told()).toEqual(Array(MAX_REPORTS_PER_WINDOW).fill(0));
    world.waitMs(REPORT_WINDOW_MS);
    failFrom('192.0.2.1');
    expect(told().at(-1)).toBe(20);
    failFrom('192.0.2.2');
    expect(told().at(-1)).toBe(0);
  });

  test.each([
    ['an address', (index: number) => [`203.0.113.9`, index]],
    ['an IPv6 network', (index: number) => [`2001:db8:1:2::${index}`, index]],
  ] as const)('%s that fails under many names is not listened to', (_what, sourceOf) => {
    const world = new RegisteredWorld();
    const statuses = Array.from({ length: MAX_FAILURES_PER_SOURCE + 1 }, (_, index) => {
      const [address] = sourceOf(index);
      return new RawUser(world, `user${index}`, browserFlow(index, String(address)), 'guessed').register()?.status;
    });
    expect(statuses.filter((status) => status === 401)).toHaveLength(MAX_FAILURES_PER_SOURCE);
    expect(statuses.at(-1)).toBe(403);
    const told = world.news.flatMap((one) => (one.kind === 'login-refused' ? [one.failures] : []));
    expect(told).toEqual([1, MAX_FAILURES_PER_SOURCE]);
    expect(new RawUser(world, 'alice', browserFlow(0, '198.51.100.1')).register()?.status).toBe(200);
  });

  test('a request sent again with the same credentials is asked anew, by a nonce that counts as stale', () => {
    const { world, user } = alone();
    const request = { method: 'REGISTER', headers: [`Contact: <${user.contact}>`] };
    const challenge = user.try(request);
    if (challenge === undefined) throw new Error('not answered');
    const authorization = user.credentials(request, challenge);
    expect(user.try({ ...request, authorization })?.status).toBe(200);
    const replayed = user.try({ ...request, authorization });
    expect(replayed?.status).toBe(401);
    expect(replayed && headerValue(replayed, 'WWW-Authenticate')).toMatch(/stale=true/);
    const next = user.credentials(request, challenge, 'SHA-256', '00000002');
    expect(user.try({ ...request, authorization: next })?.status).toBe(200);
    expect(world.counts.get('authentication-failed')).toBeUndefined();
  });

  test('an old nonce is stale, and whoever knows the password only answers the next one', () => {
    const { world, user } = alone();
    const request = { method: 'REGISTER' };
    const challenge = user.try(request);
    if (challenge === undefined) throw new Error('not answered');
    world.waitMs(NONCE_LIFETIME_MS + 1);
    const stale = user.try({ ...request, authorization: user.credentials(request, challenge) });
    expect(stale && headerValue(stale, 'WWW-Authenticate')).toMatch(/stale=true/);
    expect(stale && user.try({ ...request, authorization: user.credentials(request, stale) })?.status).toBe(200);
  });

  test('an answer for one request does for no other target, and for no other method', () => {
    const { user } = alone();
    const request = { method: 'REGISTER' };
    const challenge = user.try(request);
    if (challenge === undefined) throw new Error('not answered');
    const authorization = user.credentials(request, challenge);
    expect(user.try({ ...request, requestUri: 'sip:elsewhere.example', authorization })?.status).toBe(401);
    expect(user.try({ method: 'OPTIONS', authorization })?.status).toBe(401);
  });

  test('one that was given out for a while does beside the configured one, and no longer', () => {
    const world = new RegisteredWorld();
    const password = world.registrar.issuePassword('alice', 60_000, world.nowMs) ?? '';
    expect(world.registrar.issuePassword('mallory', 60_000, world.nowMs)).toBeUndefined();
    const page = new RawUser(world, 'alice', browserFlow(1), password);
    const ask = { contacts: [] };
    expect(page.register(ask)?.status).toBe(200);
    expect(new RawUser(world, 'alice', browserFlow(2)).register(ask)?.status).toBe(200);
    expect(new RawUser(world, 'bob', browserFlow(3), password).register(ask)?.status).toBe(401);
    world.waitMs(60_000);
    expect(page.register(ask)?.status).toBe(401);
  });

  test('of those the oldest gives way', () => {
    const world = new RegisteredWorld();
    const passwords = Array.from(
      { length: 5 },
      () => world.registrar.issuePassword('alice', 60_000, world.nowMs) ?? '',
    );
    const statuses = passwords.map(
      (password, index) => new RawUser(world, 'alice', browserFlow(index), password).register({ contacts: [] })?.status,
    );
    expect(statuses).toEqual([401, 200, 200, 200, 200]);
    expect(new Set(passwords).size).toBe(5);
  });
});

describe('names', () => {
  test('nobody registers as somebody else', () => {
    const { world, user } = alone('bob');
    const response = user.ask({
      method: 'REGISTER',
      to: '<sip:alice@tonegate.example>',
      headers: [`Contact: <${user.contact}>`],
    });
    expect(response?.status).toBe(403);
    expect(world.registrar.bindingOf('alice', 'user-side', world.nowMs)).toBeUndefined();
  });

  test.each([
    '<sip:alice@tonegate.example>',
    '<sip:ALICE@tonegate.example>',
    '<tel:+4930123>',
    '<sip:tonegate.example>',
  ])('bob does not call as %s', (from) => {
    const { world, user } = alone('bob');
    const invite = { method: 'INVITE', requestUri: 'sip:5551234@tonegate.example', body: OFFER };
    expect(user.ask({ ...invite, from })?.status).toBe(403);
    expect(world.news).toEqual([]);
    expect(user.ask(invite)?.status).toBe(100);
  });

  test.each(['INVITE', 'OPTIONS', 'MESSAGE', 'SUBSCRIBE', 'INFO'])('%s is asked who it is from first', (method) => {
    const { user } = alone();
    expect(user.try({ method, requestUri: 'sip:5551234@tonegate.example' })?.status).toBe(401);
  });

  test('credentials and challenges go no further than here', () => {
    const { world, user } = alone();
    user.ask({
      method: 'INVITE',
      requestUri: 'sip:5551234@tonegate.example',
      to: '<sip:5551234@tonegate.example>',
      body: OFFER,
    });
    world.routeToTrunk();
    const invite = world.sent.at(-1);
    expect(invite?.text).toMatch(/^INVITE sip:5551234@192\.0\.2\.10 /);
    expect(invite?.text).not.toMatch(/Authorization|nonce|Digest/i);
    world.takeFrom(user.flow);
    const sent = world.takeTrunk().at(-1);
    if (sent?.kind !== 'request') throw new Error('the trunk was not called');
    world.fromTrunk(
      responseText(sent, '401 Unauthorized', 'sip:trunk@192.0.2.10').replace(
        'Content-Length',
        'WWW-Authenticate: Digest realm="trunk", nonce="x"\r\nContent-Length',
      ),
    );
    const told = world.takeFrom(user.flow).at(-1);
    expect(told).toMatchObject({ kind: 'response', status: 502 });
    expect(told && headerValue(told, 'WWW-Authenticate')).toBeUndefined();
  });
});

/** Alice calls out, and the trunk answers. */
function inCall(flow = browserFlow(1)) {
  const world = new RegisteredWorld();
  const user = new RawUser(world, 'alice', flow);
  const invite = {
    method: 'INVITE',
    requestUri: 'sip:5551234@tonegate.example',
    to: '<sip:5551234@tonegate.example>',
    headers: [`Contact: <${user.contact}>`],
    body: OFFER,
    callId: 'call',
  };
  user.ask(invite);
  world.routeToTrunk();
  world.answerFromTrunk();
  const answer = world.takeFrom(flow).findLast((message) => message.kind === 'response');
  const tag = answer === undefined ? '' : (tagOf(headerValue(answer, 'To') ?? '') ?? '');
  const to = `<sip:5551234@tonegate.example>;tag=${tag}`;
  world.receive(
    flow,
    user.text({ method: 'ACK', requestUri: 'sip:gateway.example', to, callId: 'call' }).replace(/CSeq: \d+/, 'CSeq: 2'),
  );
  world.takeTrunk();
  const bye = {
    method: 'BYE',
    requestUri: 'sip:gateway.example',
    to,
    from: '<sip:alice@tonegate.example>',
    callId: 'call',
  };
  return { world, user, bye, to };
}

describe('inside a dialog', () => {
  test('the connection it was made on is enough', () => {
    const { world, user, bye } = inCall();
    expect(user.try(bye)?.status).toBe(200);
    expect(world.news.at(-1)).toMatchObject({ kind: 'call-ended', by: 'a' });
  });

  test('another connection is asked who it is, and the same user goes on there', () => {
    const { world, user, bye } = inCall();
    user.flow = browserFlow(2);
    expect(user.try(bye)?.status).toBe(401);
    expect(user.ask(bye)?.status).toBe(200);
    expect(world.news.at(-1)).toMatchObject({ kind: 'call-ended', by: 'a' });
  });

  test('another connection on which that user has registered need not be asked', () => {
    const { user, bye } = inCall();
    user.flow = browserFlow(2);
    user.register();
    expect(user.try(bye)?.status).toBe(200);
  });

  test('another user is refused, registered or asked, though knowing every tag', () => {
    const { world, bye } = inCall();
    const bob = new RawUser(world, 'bob', browserFlow(2));
    bob.register();
    expect(bob.try(bye)?.status).toBe(401);
    expect(bob.ask(bye)?.status).toBe(403);
    expect(world.news.some(({ kind }) => kind === 'call-ended')).toBe(false);
  });

  test('a peer on its own listener is refused', () => {
    const { world, user, bye } = inCall();
    world.fromTrunk(user.text(bye));
    expect(world.takeTrunk()).toMatchObject([{ status: 403 }]);
    expect(world.news.some(({ kind }) => kind === 'call-ended')).toBe(false);
  });

  test('a CANCEL comes from where its INVITE came', () => {
    const world = new RegisteredWorld();
    const user = new RawUser(world, 'alice', browserFlow(1));
    const invite = {
      method: 'INVITE',
      requestUri: 'sip:5551234@tonegate.example',
      to: '<sip:5551234@tonegate.example>',
      body: OFFER,
      callId: 'call',
    };
    const challenge = user.try(invite);
    if (challenge === undefined) throw new Error('not answered');
    user.try({ ...invite, branch: 'z9hG4bKknown', authorization: user.credentials(invite, challenge) });
    const cancel = { ...invite, method: 'CANCEL', body: '', branch: 'z9hG4bKknown' };
    const other = new RawUser(world, 'alice', browserFlow(2));
    expect(other.try(cancel)?.status).toBe(481);
    world.receive(user.flow, user.text(cancel));
    const statuses = world.takeFrom(user.flow).map((message) => message.kind === 'response' && message.status);
    expect(statuses).toEqual([200, 487]);
  });

  test('a desk phone behind a NAT is answered on the port that it has now', () => {
    const { world, user, bye } = inCall(deskPhoneFlow(5060));
    user.flow = deskPhoneFlow(6060);
    expect(user.try({ ...bye, method: 'INFO' })?.status).toBe(200);
    world.handle({ kind: 'hang-up', callId: callIdOf(world), reason: 'test' });
    expect(world.takeFrom(user.flow)).toMatchObject([{ kind: 'request', method: 'BYE' }]);
  });
});

function callIdOf(world: RegisteredWorld): string {
  const arrival = world.news.find(({ kind }) => kind === 'call-arrived');
  return arrival?.kind === 'call-arrived' ? arrival.callId : '';
}

describe('a lost connection', () => {
  test('leaves the call as it is for half a minute, and then ends it', () => {
    const { world, user } = inCall();
    world.handle({ kind: 'flow-failed', flow: user.flow });
    world.waitMs(CONNECTION_GRACE_MS - 1);
    expect(world.news.some(({ kind }) => kind === 'call-ended')).toBe(false);
    world.waitMs(1);
    expect(world.news.at(-1)).toMatchObject({ kind: 'call-ended', by: 'a', reason: 'Connection Lost' });
    expect(world.takeTrunk()).toMatchObject([{ kind: 'request', method: 'BYE' }]);
    world.waitMs(120_000);
    expect(Object.values(world.agent.holdings).every((held) => held === 0)).toBe(true);
  });

  test('is made up for by registering again; a second one has half a minute of its own', () => {
    const { world, user } = inCall();
    world.handle({ kind: 'flow-failed', flow: user.flow });
    world.waitMs(20_000);
    user.flow = browserFlow(2);
    user.register();
    world.waitMs(20_000);
    expect(world.news.some(({ kind }) => kind === 'call-ended')).toBe(false);
    user.ask({ method: 'INFO', requestUri: 'sip:gateway.example', to: inDialogTo(world), callId: 'call' });
    world.handle({ kind: 'flow-failed', flow: user.flow });
    world.waitMs(CONNECTION_GRACE_MS - 1);
    expect(world.news.some(({ kind }) => kind === 'call-ended')).toBe(false);
    world.waitMs(1);
    expect(world.news.at(-1)).toMatchObject({ kind: 'call-ended' });
  });

  test('is not made up for by another phone of the same user: the dialog is not there', () => {
    const { world, user } = inCall();
    world.handle({ kind: 'flow-failed', flow: user.flow });
    const tab = new RawUser(world, 'alice', browserFlow(2));
    tab.register({ contacts: ['<sip:other@zyx.invalid;transport=ws>'] });
    world.handle({ kind: 'hang-up', callId: callIdOf(world), reason: 'test' });
    expect(world.takeFrom(tab.flow)).toEqual([]);
    user.flow = browserFlow(3);
    expect(user.register()?.status).toBe(200);
    world.receive(user.flow, user.text({ method: 'OPTIONS' }));
    expect(world.counts.get('connection-lost-in-call')).toBe(1);
  });

  test('while it rings here ends the call: the answer could not be told', () => {
    const world = new RegisteredWorld();
    const user = new RawUser(world, 'alice', browserFlow(1));
    user.ask({
      method: 'INVITE',
      requestUri: 'sip:5551234@tonegate.example',
      to: '<sip:5551234@tonegate.example>',
      body: OFFER,
    });
    world.routeToTrunk();
    world.handle({ kind: 'flow-failed', flow: user.flow });
    expect(world.news.at(-1)).toMatchObject({ kind: 'call-ended', by: 'a', status: 487 });
  });

  test('while it rings there is told to the caller as not available, and not as a fault of the gateway', () => {
    const { world, user } = alone();
    user.register();
    callAlice(world);
    expect(world.takeFrom(user.flow)).toMatchObject([{ kind: 'request', method: 'INVITE', requestUri: user.contact }]);
    world.handle({ kind: 'flow-failed', flow: user.flow });
    expect(world.takeTrunk().at(-1)).toMatchObject({ kind: 'response', status: 480 });
  });
});

function inDialogTo(world: RegisteredWorld): string {
  return `<sip:5551234@tonegate.example>;tag=${callIdOf(world)}`;
}

function callAlice(world: RegisteredWorld, callerName = 'caller'): void {
  const caller = new RawUser(world, callerName, browserFlow(50));
  world.fromTrunk(
    caller.text({ method: 'INVITE', requestUri: 'sip:alice@203.0.113.5', to: '<sip:alice@203.0.113.5>', body: OFFER }),
  );
  const arrival = world.news.findLast((one) => one.kind === 'call-arrived');
  if (arrival?.kind !== 'call-arrived') throw new Error('no call arrived');
  const { callId, from, to } = arrival;
  world.handle({ kind: 'route-call-to-user', callId, user: 'alice', listener: 'user-side', from, to });
}

describe('calls to a user', () => {
  test('go to the newest living binding', () => {
    const { world, user } = alone();
    user.register();
    const tab = new RawUser(world, 'alice', browserFlow(2));
    tab.register({ contacts: ['<sip:tab@zyx.invalid;transport=ws>'] });
    callAlice(world);
    expect(world.takeFrom(user.flow)).toEqual([]);
    expect(world.takeFrom(tab.flow)).toMatchObject([
      { method: 'INVITE', requestUri: 'sip:tab@zyx.invalid;transport=ws' },
    ]);
    world.handle({ kind: 'flow-failed', flow: tab.flow });
    callAlice(world, 'another-caller');
    expect(world.takeFrom(user.flow)).toMatchObject([{ method: 'INVITE', requestUri: user.contact }]);
  });

  test('of one who has not registered are refused', () => {
    const { world } = alone();
    callAlice(world);
    expect(world.takeTrunk().at(-1)).toMatchObject({ kind: 'response', status: 480 });
    expect(world.news.at(-1)).toMatchObject({ kind: 'call-ended', by: 'gateway', status: 480 });
  });
});
