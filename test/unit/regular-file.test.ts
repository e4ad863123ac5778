/** A name in the configuration can stand for anything: what would never end or never answer must not hold up control. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { readRegularFile, readRegularText, unreadable } from '../../src/regular-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'certgate-regular-'))
after(() => rmSync(folder, { recursive: true }))
const at = (name: string) => join(folder, name)

function why(file: string, limit?: number): string {
  try {
    readRegularText(file, limit)
  } catch (error) {
    return unreadable(error)
  }
  return 'read'
}

describe('readRegularFile', () => {
  it('reads a file whole, also through a link, and one that is empty', () => {
    const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251))
    writeFileSync(at('bytes'), bytes)
    symlinkSync('bytes', at('link'))
    writeFileSync(at('empty'), '')
    assert.deepEqual(readRegularFile(at('link')), bytes)
    assert.equal(readRegularFile(at('empty')).length, 0)
  })

  it('reads a file that says it is empty and is not', { skip: process.platform === 'linux' ? false : 'there is no /proc' }, () => {
    assert.match(readRegularText('/proc/self/status'), /^Name:/)
    assert.equal(why('/proc/self/status', 512), 'it is larger than 0.5 KiB')
  })

  it('drops a byte order mark and refuses what is not UTF-8', () => {
    writeFileSync(at('bom'), '\uFEFFa: 1\n')
    writeFileSync(at('latin1'), Buffer.from([0x61, 0xe9, 0x0a]))
    assert.equal(readRegularText(at('bom')), 'a: 1\n')
    assert.equal(why(at('latin1')), 'it is not UTF-8 text')
  })

  it('refuses a FIFO, a device, a directory and a socket, and waits for none of them', async () => {
    execFileSync('mkfifo', [at('fifo')])
    mkdirSync(at('directory'))
    const server = createServer().listen(at('socket'))
    await new Promise((resolve) => server.once('listening', resolve))
    assert.equal(why(at('fifo')), 'it is a FIFO, and only a regular file is read')
    assert.equal(why('/dev/zero'), 'it is a device, and only a regular file is read')
    assert.equal(why(at('directory')), 'it is a directory')
    assert.equal(why(at('socket')), 'it is a socket or a device, and only a regular file is read')
    server.close()
  })

  it('refuses what is larger than its limit', () => {
    writeFileSync(at('big'), 'x'.repeat(2049))
    assert.equal(why(at('big'), 2048), 'it is larger than 2 KiB')
    assert.equal(why(at('big'), 2049), 'read')
  })

  it('says why a name leads nowhere', () => {
    symlinkSync('loop', at('loop'))
    writeFileSync(at('plain'), '')
    assert.equal(why(at('none')), 'no such file')
    assert.equal(why(join(at('plain'), 'x')), 'a part of its path is not a directory')
    assert.equal(why(at('loop')), 'its symbolic links go in a circle')
  })
})
