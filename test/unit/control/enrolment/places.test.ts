import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { describe, test } from 'node:test'
import { ConnectionPlaces } from '../../../../src/control/enrolment/places.ts'

class Connection extends EventEmitter {
  readonly remoteAddress: string
  readonly remotePort: number
  destroyed = false

  constructor(remoteAddress: string, remotePort: number) {
    super()
    this.remoteAddress = remoteAddress
    this.remotePort = remotePort
  }

  destroy(): void {
    this.destroyed = true
    this.emit('close')
  }
}

function openPlaces() {
  const clock = { now: 0 }
  const places = new ConnectionPlaces(() => clock.now)
  let port = 1
  const come = (address: string) => {
    const connection = new Connection(address, port++)
    const isAdmitted = places.admit(connection as unknown as Socket)
    assert.equal(isAdmitted, !connection.destroyed)
    return connection
  }
  const answer = ({ remoteAddress, remotePort }: Connection) => places.answering(remoteAddress, remotePort)
  return { clock, places, come, answer }
}

const alive = (connections: readonly Connection[]) => connections.filter(({ destroyed }) => !destroyed).length

describe('places of connections', () => {
  test('a network has 16, and who came within two seconds keeps theirs', () => {
    const { clock, come } = openPlaces()
    const first = Array.from({ length: 16 }, () => come('192.0.2.1'))
    clock.now = 1_999
    assert.ok(come('192.0.2.1').destroyed)
    assert.equal(alive(first), 16)
    assert.ok(!come('192.0.2.2').destroyed)
  })

  test('in a full network the oldest that had its time gives way, but none that is being answered', () => {
    const { clock, come, answer } = openPlaces()
    const [answered, silent, ...others] = Array.from({ length: 16 }, () => come('192.0.2.1'))
    assert.ok(answered !== undefined && silent !== undefined)
    answer(answered)
    clock.now = 2_000
    assert.ok(!come('192.0.2.1').destroyed)
    assert.deepEqual([answered.destroyed, silent.destroyed, alive(others)], [false, true, 14])
    for (const other of others) answer(other)
    // The newcomer just came, and everybody else is being answered.
    assert.ok(come('192.0.2.1').destroyed)
  })

  test('when all places are taken the oldest of any network gives way', () => {
    const { come, answer } = openPlaces()
    const held = Array.from({ length: 256 }, (_, index) => come(`192.0.2.${1 + Math.floor(index / 16)}`))
    answer(held[0] as Connection)
    const newcomer = come('198.51.100.1')
    assert.deepEqual([newcomer.destroyed, held[0]?.destroyed, held[1]?.destroyed, alive(held)], [false, false, true, 255])
    for (const connection of [...held, newcomer]) answer(connection)
    assert.ok(come('198.51.100.2').destroyed)
    assert.deepEqual([newcomer.destroyed, alive(held)], [false, 255])
  })
})
