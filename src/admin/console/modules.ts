import { readdir, readFile } from 'node:fs/promises'
import { createRequire, stripTypeScriptTypes } from 'node:module'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Browser modules: path below the folder of assets -> JavaScript. */
export type Modules = ReadonlyMap<string, string>

const CLIENT = fileURLToPath(new URL('client/', import.meta.url))
/** A checkout has TypeScript, a package what was made of it. */
const SOURCE = /\.(ts|js)$/
const LIBRARY = 'lib/lit-html'
/** `from 'x'`, `import 'x'` and `import('x')`; not a text that ends with `from`, before another one. */
const SPECIFIER = /(\bfrom\s*|\bimport\s*\(?\s*)(['"])([\w./-]+)\2/g

/** The console's own modules and what they need of lit-html, as browsers take them: no types, no bare names. */
export async function readModules(): Promise<Modules> {
  const names = await readdir(CLIENT, { recursive: true })
  const own = names
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => SOURCE.test(name) && !name.endsWith('.d.ts'))
    .sort()
  const modules = new Map<string, string>()
  for (const name of own) {
    const text = await readFile(join(CLIENT, name), 'utf8')
    const path = name.replace(SOURCE, '.js')
    modules.set(path, withPaths(name.endsWith('.ts') ? stripTypeScriptTypes(text) : text, path))
  }
  const library = dirname(createRequire(import.meta.url).resolve('lit-html/directive.js')).replace(/[\\/]node$/, '')
  const wanted = [...modules].flatMap(([path, text]) => importsOf(text, path)).filter((path) => path.startsWith(`${LIBRARY}/`))
  for (const path of wanted) await addLibrary(path, library, modules)
  return modules
}

/** What a module imports: paths below the folder of assets. */
export function importsOf(text: string, path: string): readonly string[] {
  return [...text.matchAll(SPECIFIER)].map(([, , , specifier = '']) => posix.join(posix.dirname(path), specifier))
}

/** A module of lit-html and those that it imports; all of its own imports are relative. */
async function addLibrary(path: string, folder: string, modules: Map<string, string>): Promise<void> {
  if (modules.has(path)) return
  const text = await readFile(join(folder, path.slice(LIBRARY.length + 1)), 'utf8')
  // The maps are not served.
  modules.set(path, text.replace(/^\/\/# sourceMappingURL=.*$/gm, ''))
  for (const next of importsOf(text, path)) await addLibrary(next, folder, modules)
}

/** Names of sources become those of assets, and `lit-html` its place there. */
function withPaths(text: string, path: string): string {
  return text.replace(SPECIFIER, (_all, before: string, quote: string, specifier: string) => {
    const [, inLibrary] = /^lit-html(?:\/(.+))?$/.exec(specifier) ?? [null, null]
    if (inLibrary === null) return `${before}${quote}${specifier.replace(/^(\..*)\.ts$/, '$1.js')}${quote}`
    const place = posix.relative(posix.dirname(path), `${LIBRARY}/${inLibrary ?? 'lit-html.js'}`)
    return `${before}${quote}${place.startsWith('.') ? place : `./${place}`}${quote}`
  })
}
