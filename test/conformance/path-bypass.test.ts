/**
 * Published spellings of a path that policy keeps for others, sent by a user who may have everything else: whatever is forwarded is not that
 * path to any server that reads paths as the design promises to foresee.
 */
import { test } from 'node:test'
import { fileLifetime } from '../support/lifetime.ts'
import { invariantFaults } from './invariants.ts'
import { type Evidence, Lanes } from './lanes.ts'
import { pathsReached } from './path-readings.ts'
import { type Fault, printable, Tally } from './tally.ts'
import { readVectors, selected } from './vectors.ts'

interface PathVector {
  readonly id: string
  readonly target_b64: string
  readonly protected: string
}

const ROUTES = `
  - name: protected
    path: /foo/bar
    allow: [admin]
    upstream: recorder
  - name: all
    path: /**
    allow: [user]
    upstream: recorder`

/** What every set of vectors asks for. */
const ASKED = ['dots', 'decode', 'merge']
/** What the design refuses besides; decoding twice, too. */
const PROMISED = [...ASKED, 'backslash', 'nul']
/** No path is forwarded with these: parameters, backslashes, fragments, NUL, encoded slashes, double encoding. */
const NEVER_FORWARDED = /[;\\#]|%(?:00|2f|5c|25[0-9a-f]{2})/i
/** Reported only: decoded parameters, trimmed ends, other cases, other scripts, extensions, decoded question marks. */
const RARE = ['params', 'trim', 'lower', 'unicode', 'extension', 'cut']

const lifetime = fileLifetime()

test('path-bypass', async (t) => {
  const set = readVectors<{ vectors: PathVector[] }>(t, 'path-bypass')
  if (set === null) return
  const tally = new Tally('path-bypass')
  const lanes = await Lanes.start(lifetime, { routes: ROUTES })
  const rarely = new Map<string, string[]>()
  const cases = set.vectors.filter(({ id }) => selected(id))
  await lanes.play(
    tally,
    cases,
    (item) => [requestFor(item)],
    (evidence) => {
      tally.add({
        id: evidence.item.id,
        sent: printable(Buffer.from(evidence.item.target_b64, 'base64')),
        invariants: [...invariantFaults(evidence), ...bypasses(evidence, rarely)],
        expectations: [],
        binding: 'must',
      })
    },
  )
  for (const [reading, ids] of rarely)
    t.diagnostic(`forwarded (${ids.length}), the path only to a server that also reads "${reading}": ${ids.join(' ')}`)
  tally.finish(t)
})

function requestFor({ target_b64 }: PathVector): Buffer {
  return Buffer.concat([Buffer.from('GET '), Buffer.from(target_b64, 'base64'), Buffer.from(' HTTP/1.1\r\nHost: localhost\r\n\r\n')])
}

function bypasses({ item, upstream }: Evidence<PathVector>, rarely: Map<string, string[]>): Fault[] {
  const faults: Fault[] = []
  for (const { target } of upstream) {
    const path = target.split('?', 1)[0] as string
    if (NEVER_FORWARDED.test(path)) faults.push({ expected: 'no path that holds what the design refuses', reached: printable(target) })
    if (pathsReached(path, ASKED, 1).has(item.protected) || pathsReached(path, PROMISED, 2).has(item.protected)) {
      faults.push({ expected: `nothing that a server may read as ${item.protected}`, reached: printable(target) })
      continue
    }
    const reading = RARE.find((rare) => pathsReached(path, [...PROMISED, rare], 2).has(item.protected))
    if (reading !== undefined) rarely.set(reading, [...(rarely.get(reading) ?? []), item.id])
  }
  return faults
}
