import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, constants } from 'node:zlib'
import { indexPage } from './index-page.ts'
import { importsOf, type Modules, readModules } from './modules.ts'

export interface Asset {
  readonly type: string
  readonly body: Uint8Array
  /** The same in brotli. */
  readonly compressed: Uint8Array
  /** Without quotes. */
  readonly tag: string
}

/** All that a browser gets, in memory. */
export interface ConsoleAssets {
  /** Of all of them: part of their address, so that a page never mixes two releases. */
  readonly version: string
  readonly index: Asset
  /** By path below `/console/assets/VERSION/`. */
  readonly files: ReadonlyMap<string, Asset>
}

const STATIC = fileURLToPath(new URL('static/', import.meta.url))
const STYLE = 'console.css'
const MAIN = 'main.js'
const TYPES: ReadonlyMap<string, string> = new Map([
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
])

const compress = promisify(brotliCompress)

/** Reads, strips and compresses everything: some tenths of a second, once. */
export async function makeAssets(): Promise<ConsoleAssets> {
  const modules = await readModules()
  const texts = new Map([...modules, ...(await readStatic())])
  const hash = createHash('sha256')
  for (const [path, text] of texts) hash.update(`${path}\0${text}\0`)
  const version = hash.digest('hex').slice(0, 16)
  const files = new Map<string, Asset>()
  for (const [path, text] of texts) files.set(path, await assetOf(TYPES.get(extname(path)) ?? 'application/octet-stream', text))
  const folder = `/console/assets/${version}`
  const first = firstModules(modules).map((path) => `${folder}/${path}`)
  const page = indexPage({ style: `${folder}/${STYLE}`, icon: `${folder}/icon.svg`, main: `${folder}/${MAIN}`, preload: first })
  return { version, index: await assetOf('text/html; charset=utf-8', page), files }
}

/** One style sheet of its parts, in the order of their names, and whatever else lies there. */
async function readStatic(): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  let style = ''
  for (const name of (await readdir(STATIC)).sort()) {
    const text = await readFile(join(STATIC, name), 'utf8')
    if (name.endsWith('.css')) style += text
    else if (TYPES.has(extname(name))) found.set(name, text)
  }
  return found.set(STYLE, style)
}

async function assetOf(type: string, text: string): Promise<Asset> {
  const body = Buffer.from(text)
  const compressed = await compress(body, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: body.length },
  })
  return { type, body, compressed, tag: createHash('sha256').update(body).digest('base64url').slice(0, 22) }
}

/** What the first view needs whatever it shows, so that nothing is found out one import after the other. Pages come when they are opened. */
export function firstModules(modules: Modules): readonly string[] {
  const found = new Set<string>()
  const visit = (path: string): void => {
    const text = modules.get(path)
    if (text === undefined || found.has(path)) return
    found.add(path)
    for (const next of importsOf(text.replace(/\bimport\s*\([^)]*\)/g, ''), path)) visit(next)
  }
  visit(MAIN)
  return [...found]
}
