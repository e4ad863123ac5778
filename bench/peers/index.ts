import { caddy } from './caddy.ts'
import { certgate } from './certgate.ts'
import { haproxy } from './haproxy.ts'
import { nginx } from './nginx.ts'
import { nodeHttpProxy } from './node-http-proxy.ts'
import type { ContenderName, Peer } from './types.ts'

export const PEERS: ReadonlyMap<ContenderName, Peer> = new Map(
  [nginx, certgate, haproxy, caddy, nodeHttpProxy].map((peer) => [peer.name, peer]),
)

export function peerNamed(name: ContenderName): Peer {
  const peer = PEERS.get(name)
  if (peer === undefined) throw new RangeError(`no peer is named ${name}`)
  return peer
}
