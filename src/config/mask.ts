import { isSecretKey, type SourceText } from './source.ts'
import type { YamlNode } from './yaml.ts'

const PLACEHOLDER = /^(["']?)\$\{(?:env|file):[^}]*\}\1$/

/** Masks every literal value under a secret key; a value that is nothing but a placeholder stays readable. */
export function maskSecrets(root: YamlNode, source: SourceText): void {
  const seen = new Set<YamlNode>()
  const pending: { node: YamlNode; secret: boolean }[] = [{ node: root, secret: false }]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node, secret } = next
    if (node.kind === 'scalar') {
      if (secret && node.value !== null && !PLACEHOLDER.test(source.text.slice(node.start, node.end))) source.mask(node.start, node.end)
      continue
    }
    // Shared by aliases: masked once is masked everywhere, unless only the second way to it is a secret one.
    if (seen.has(node) && !secret) continue
    seen.add(node)
    if (node.kind === 'sequence') for (const item of node.items) pending.push({ node: item, secret })
    else for (const [key, entry] of node.entries) pending.push({ node: entry.value, secret: secret || isSecretKey(key) })
  }
  source.masksAreComplete()
}
