/** One try to deliver one message: a POST, and the status it is answered with. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** Receivers are to answer at once and work later. */
export const ATTEMPT_TIMEOUT_MS = 15_000;
/** Of an answer's body, which is of no interest, so much is read that the connection can be used again. */
const MAX_ANSWER_SIZE_BYTES = 16 * 1024;

export type WebhookRequest = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** Undefined when there was no answer in time. Redirects are an answer like any other: a message goes where it was sent. */
export function postWebhook({ url, headers, body }: WebhookRequest): Promise<number | undefined> {
  return new Promise((resolve) => {
    const target = new URL(url);
    const request = (target.protocol === 'https:' ? httpsRequest : httpRequest)(target, {
      method: 'POST',
      headers: {
        ...headers,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'tonegate',
      },
      signal: AbortSignal.timeout(ATTEMPT_TIMEOUT_MS),
    });
    request.on('error', () => resolve(undefined));
    // The one end of which there is neither an error nor an answer is a 101, a switch of protocols nobody asked for.
    request.on('close', () => resolve(undefined));
    request.on('response', (response) => {
      resolve(response.statusCode);
      let sizeBytes = 0;
      response.on('data', (chunk: Buffer) => {
        sizeBytes += chunk.length;
        if (sizeBytes > MAX_ANSWER_SIZE_BYTES) response.destroy();
      });
      response.on('error', () => response.destroy());
    });
    request.end(body);
  });
}
