interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly additionalProperties?: SchemaNode | boolean
  readonly items?: SchemaNode
  readonly anyOf?: readonly SchemaNode[]
  readonly oneOf?: readonly SchemaNode[]
}

/** Where each key of a JSON Schema may stand: a key written in the wrong place can then be told its right one. */
export function keyIndex(schema: object): (key: string) => readonly string[] {
  const places = new Map<string, Set<string>>()
  collect(schema as SchemaNode, '', places)
  return (key) => [...(places.get(key) ?? [])]
}

function collect(node: SchemaNode, path: string, places: Map<string, Set<string>>): void {
  for (const [key, child] of Object.entries(node.properties ?? {})) {
    const found = places.get(key) ?? new Set()
    places.set(key, found.add(path))
    collect(child, path === '' ? key : `${path}.${key}`, places)
  }
  if (typeof node.additionalProperties === 'object') collect(node.additionalProperties, `${path}.NAME`, places)
  if (node.items !== undefined) collect(node.items, `${path}[]`, places)
  for (const branch of [...(node.anyOf ?? []), ...(node.oneOf ?? [])]) collect(branch, path, places)
}
