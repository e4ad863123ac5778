import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { askReload, askStatus } from '../../../src/control/administration/admin-client.ts'
import type { ReloadReport, Status, StatusWorker } from '../../../src/control/status.ts'
import { temporaryFolder } from '../../support/authority.ts'
import { CHECKOUT } from '../../support/checkout.ts'
import { eventually } from '../../support/eventually.ts'
import { type Gateway, type GatewayOptions, startGateway } from '../../support/gateway.ts'
import type { Lifetime } from '../../support/lifetime.ts'
import type { RecordedRequest } from '../../support/recording-upstream.ts'
import type { FaultContext } from './types.ts'

/** The real program under fault, before an upstream that answers each request with its own target. */
export interface FaultGateway extends Gateway {
  readonly socket: string
  status(): Promise<Status>
  reload(workers?: boolean): Promise<ReloadReport>
  /** Those that serve, once there are as many as configured and none of `gone` counts any more. */
  serving(gone?: readonly number[]): Promise<readonly StatusWorker[]>
}

/** The body that answers a target: what a client compares, so that nobody gets the answer of somebody else. */
export const echoOf = (target: string): string => `you asked for ${target}\n`

export function echo({ target }: RecordedRequest): string {
  const body = echoOf(target)
  return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

export interface FaultGatewayOptions extends GatewayOptions {
  /** When load is shed. Under whatever else a machine does it would be, which is a promise of its own: default 0, every request must be answered. */
  readonly eventLoopDelay?: string
}

/** `limits` are keys alone, without the braces. */
export async function startFaultGateway({ t }: Pick<FaultContext, 't'>, options: FaultGatewayOptions = {}): Promise<FaultGateway> {
  const gateway = await startGateway(t, {
    accessLog: 'off',
    logLevel: 'info',
    tls: 'clientauth_mode: REQUIRE',
    ...options,
    limits: `{ event_loop_delay: ${options.eventLoopDelay ?? '0'}${options.limits === undefined ? '' : `, ${options.limits}`} }`,
    workers: options.workers ?? 2,
  })
  const { upstream } = gateway
  upstream.answer = (request, socket) => {
    // It records, and a soak is long: what is answered need not be kept.
    upstream.requests.length = 0
    upstream.received.length = 0
    socket.write(echo(request))
  }
  const socket = join(gateway.folder, 'admin.sock')
  return Object.assign(gateway, {
    socket,
    status: () => askStatus(socket),
    reload: (workers = false) => askReload(socket, workers),
    serving: (gone: readonly number[] = []) => serving(socket, options.workers ?? 2, gone),
  })
}

export function serving(socket: string, count: number, gone: readonly number[] = []): Promise<readonly StatusWorker[]> {
  return eventually(
    `${count} serving workers`,
    async () => {
      const { workers } = await askStatus(socket)
      return workers.length === count && workers.every(({ state, pid }) => state === 'serving' && !gone.includes(pid)) ? workers : null
    },
    // Whoever ends again and again is started later and later.
    90_000,
  )
}

/** A program that sets limits (`ulimit -n 200`) and becomes certgate. */
export function limitedEntry(t: Lifetime, limits: string): string {
  const entry = temporaryFolder(t).write('certgate', `#!/bin/sh\n${limits}\nexec '${join(CHECKOUT, 'bin/certgate')}' "$@"\n`)
  chmodSync(entry, 0o755)
  return entry
}
