import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { brotliDecompressSync } from 'node:zlib'
import { type ConsoleAssets, makeAssets } from '../../../../src/admin/console/assets.ts'
import { consoleHandler } from '../../../../src/admin/console/console.ts'
import { importsOf } from '../../../../src/admin/console/modules.ts'
import type { ApiHandler, ApiRequest, ApiResponse } from '../../../../src/admin/types.ts'
import { administration } from '../../../support/administration.ts'
import { fileLifetime } from '../../../support/lifetime.ts'

const lifetime = fileLifetime()
const FIRST_LOAD = 150 * 1024

let assets: ConsoleAssets
before(async () => {
  assets = await makeAssets()
})

const text = (name: string): string => Buffer.from(assets.files.get(name)?.body ?? '').toString()

describe('what a browser gets', () => {
  it('is every module of the console without types, and nothing that one of them imports is missing', () => {
    const client = fileURLToPath(new URL('../../../../src/admin/console/client', import.meta.url))
    const sources = readdirSync(client, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
    assert.ok(sources.length > 20)
    for (const source of sources) assert.ok(assets.files.has(source.replace(/\.ts$/, '.js')), source)
    for (const [path] of assets.files) {
      if (!path.endsWith('.js')) continue
      assert.doesNotMatch(text(path), /^\s*(import type|interface|export interface)\b|sourceMappingURL/m, path)
      for (const imported of importsOf(text(path), path)) assert.ok(assets.files.has(imported), `${path} imports ${imported}`)
    }
  })

  it('asks nobody else: no address but namespaces, and all that the page names is there', () => {
    for (const path of assets.files.keys()) {
      const addresses = [...text(path).matchAll(/\bhttps?:\/\/[^\s'"`)]+/g)].map(([address]) => address)
      assert.deepEqual(
        addresses.filter((address) => !address.startsWith('http://www.w3.org/')),
        [],
        path,
      )
    }
    const page = Buffer.from(assets.index.body).toString()
    const named = [...page.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, address = '']) => address)
    assert.ok(named.length > 10)
    const prefix = `/console/assets/${assets.version}/`
    for (const address of named) assert.ok(address.startsWith(prefix) && assets.files.has(address.slice(prefix.length)), address)
    assert.doesNotMatch(page, /<script(?![^>]* src=)|\son\w+=|\sstyle=/)
  })

  it('is less than 150 KB in brotli, all pages together, and the same bytes again', () => {
    const total = [assets.index, ...assets.files.values()].reduce((sum, { compressed }) => sum + compressed.length, 0)
    assert.ok(total < FIRST_LOAD, `${total} bytes`)
    for (const { body, compressed } of assets.files.values()) assert.deepEqual(brotliDecompressSync(compressed), Buffer.from(body))
  })
})

describe('the console over the API', () => {
  const ours = administration(lifetime)
  const handler: ApiHandler = consoleHandler(async () => assets)

  async function ask(what: string, headers: Record<string, string> = {}): Promise<ApiResponse | null> {
    const [method = '', path = ''] = what.split(' ')
    const asked = { method, path, query: new URLSearchParams(), headers: new Map(Object.entries(headers)) }
    return handler({ ...asked, body: Buffer.alloc(0) } as unknown as ApiRequest)
  }

  const found = async (what: string, headers?: Record<string, string>): Promise<ApiResponse> => {
    const told = await ask(what, headers)
    assert.ok(told !== null, what)
    return told
  }

  it('is one page for every view, under a policy that only lets our own modules run', async () => {
    for (const path of [
      '/console/',
      '/console/certificates',
      `/console/certificates/${'ab'.repeat(32)}`,
      '/console/roles',
      '/console/audit',
    ]) {
      const { status, headers, body } = await found(`GET ${path}`)
      assert.deepEqual([status, headers['Cache-Control'], body], [200, 'no-cache', assets.index.body], path)
      const policy = headers['Content-Security-Policy'] ?? ''
      for (const part of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"])
        assert.ok(policy.includes(part), part)
      assert.doesNotMatch(policy, /unsafe|\*|https?:/)
      assert.equal(headers['Cross-Origin-Opener-Policy'], 'same-origin')
    }
    assert.equal((await found('GET /console/nothing')).status, 404)
  })

  it('is kept for ever by its content, compressed for who takes that, and not sent again to who has it', async () => {
    const path = `/console/assets/${assets.version}/console.css`
    const plain = await found(`GET ${path}`, { 'accept-encoding': 'gzip, br;q=0' })
    assert.deepEqual([plain.headers['Content-Encoding'], plain.headers['Content-Type']], [undefined, 'text/css; charset=utf-8'])
    const small = await found(`HEAD ${path}`, { 'accept-encoding': 'gzip, deflate, br' })
    assert.deepEqual([small.headers['Content-Encoding'], small.headers.Vary], ['br', 'Accept-Encoding'])
    assert.match(small.headers['Cache-Control'] ?? '', /immutable/)
    assert.notEqual(small.headers.ETag, plain.headers.ETag)
    const again = await found(`GET ${path}`, { 'accept-encoding': 'br', 'if-none-match': small.headers.ETag ?? '' })
    assert.deepEqual([again.status, again.body], [304, null])
  })

  it('has nothing under another release, outside of its files, or for another method', async () => {
    const { version } = assets
    for (const path of ['nothing.js', `0000/main.js`, `${version}/../console.ts`, `${version}/`, `${version}/%2e%2e/console.ts`])
      await assert.rejects(ask(`GET /console/assets/${path}`), { status: 404 }, path)
    await assert.rejects(ask('POST /console/'), { status: 405 })
    assert.equal(await ask('GET /consoles'), null)
  })

  it('is where the bare address leads a browser, and nobody else', async () => {
    for (const what of ['GET /', 'GET /console']) {
      const { status, headers } = await found(what, { accept: 'text/html,application/xhtml+xml;q=0.9' })
      assert.deepEqual([status, headers.Location], [307, '/console/'])
    }
    assert.equal(await ask('GET /', { accept: '*/*' }), null)
    assert.equal(await ask('POST /', { accept: 'text/html' }), null)
  })

  it('is for whoever is trusted, whatever they may do', async () => {
    const nobody = await ours.someone('nobody', 'ValidUser')
    const { status, headers } = await ours.ask('GET /console/', { caller: nobody })
    assert.deepEqual([status, headers['Content-Type']], [200, 'text/html; charset=utf-8'])
  })

  it('is tried again after it could not be read', async () => {
    let tries = 0
    const failing = consoleHandler(async () => {
      if (tries++ === 0) throw new Error('no')
      return assets
    })
    const request = { method: 'GET', path: '/console/', query: new URLSearchParams(), headers: new Map() } as unknown as ApiRequest
    await assert.rejects(async () => failing(request), /no/)
    assert.equal((await failing(request))?.status, 200)
  })
})
