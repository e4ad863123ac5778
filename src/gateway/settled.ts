import type { RequestHead } from '../http1/request-head.ts'
import type { Permit } from '../policy/decide.ts'
import type { ForwardRequest } from './forward-request.ts'

/**
 * What became of the last request, kept for as long as the client sends the same head again: it is then neither read nor decided anew.
 * Only for a permitted request whose outcome depends on nothing but its bytes, the certificate and the snapshot.
 */
export class Settled {
  #memo = 0
  #permit: Permit | null = null
  #request: ForwardRequest | null = null
  /** The head for the upstream; without its end where each request gets an id of ours. */
  text = ''
  /** The client's own id; null where each request gets one of ours. */
  requestId: string | null = null

  /** Whether `head` is the remembered one, and was settled. */
  knows(head: RequestHead): boolean {
    return head.memo !== 0 && head.memo === this.#memo
  }

  get permit(): Permit {
    return this.#permit as Permit
  }

  get request(): ForwardRequest {
    return this.#request as ForwardRequest
  }

  keep(head: RequestHead, permit: Permit, request: ForwardRequest, text: string, requestId: string | null): void {
    this.#memo = head.memo
    this.#permit = permit
    this.#request = request
    this.text = text
    this.requestId = requestId
  }

  /** Another request came, or what was decided may not hold any more. */
  forget(): void {
    if (this.#memo === 0) return
    this.#memo = 0
    this.#permit = this.#request = null
    this.text = ''
  }
}
