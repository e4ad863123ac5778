import { isSecretKey, type SourceText } from './source.ts'
import type { YamlNode } from './yaml.ts'

const PLACEHOLDER = /^(["']?)\$\{(?:env|file):[^}]*\}\1$/

/** Masks every literal value under a secret key; a value that is nothing but a placeholder stays readable. */
export function maskSecrets(root: YamlNode, source: SourceText): void {
  const secretKeys = new Map<string, boolean>()
  const seen = new Set<YamlNode>()
  const visit = (node: YamlNode, secret: boolean): void => {
    if (node.kind === 'scalar') {
      if (secret && node.value !== null && !PLACEHOLDER.test(source.text.slice(node.start, node.end))) source.mask(node.start, node.end)
      return
    }
    // Shared by aliases: masked once is masked everywhere, unless only the second way to it is a secret one.
    if (seen.has(node) && !secret) return
    seen.add(node)
    if (node.kind === 'sequence') {
      for (const item of node.items) if (secret || item.kind !== 'scalar') visit(item, secret)
      return
    }
    for (const [key, { value }] of node.entries) {
      const named = secretKeys.get(key) ?? isSecretKey(key)
      if (secretKeys.size < 1000) secretKeys.set(key, named)
      visit(value, secret || named)
    }
  }
  visit(root, false)
  source.masksAreComplete()
}
