import { splice } from './mutate.ts'
import type { Random } from './random.ts'

/** One element of DER; `children` where its content is elements too. */
interface Node {
  tag: number
  children: Node[] | null
  content: Buffer
}

const MAX_DEPTH = 16
const TAGS = [0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0a, 0x0c, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1a, 0x1c, 0x1e, 0x30, 0x31]
const CONTEXT = [0x80, 0x81, 0x82, 0x84, 0x86, 0x87, 0x88, 0xa0, 0xa1, 0xa2, 0xa3, 0xa4]
const CONTENTS = [
  '',
  '00',
  'ff',
  '80',
  '7fffffff',
  '4c4b40',
  '0f4240',
  '0101ff',
  '00ff',
  'c080',
  'eda080',
  'd800',
  'feff',
  '0000d800',
  '550403',
  '2a',
  '80808001',
]

/** Changes elements of DER and writes all lengths anew, so that what is changed is reached; null where the bytes are not DER. */
export function mutateDer(input: Buffer, random: Random): Buffer | null {
  const roots = parse(input, 0)
  if (roots === null) return null
  for (let count = random.of([1, 1, 2, 4]); count > 0; count--) change(roots, random)
  return Buffer.concat(roots.map(encode))
}

function change(roots: Node[], random: Random): void {
  const lists: Node[][] = []
  collect(roots, lists)
  if (lists.length === 0) return
  const list = random.of(lists)
  const index = random.below(list.length)
  const node = list[index]
  if (node === undefined) return
  switch (random.below(9)) {
    case 0:
      list.splice(index, 1)
      break
    case 1:
      list.splice(index, 0, cloneOf(node))
      break
    case 2:
      node.tag = random.of(random.chance(70) ? TAGS : CONTEXT)
      break
    case 3:
      for (let count = random.of([2, 20, 200]); count > 0 && list.length < 2000; count--) list.push(cloneOf(node))
      break
    case 4:
      list.splice(random.below(list.length), 0, cloneOf(random.of(random.of(lists)) ?? node))
      break
    case 5:
      list.splice(index, 1, { tag: random.of([0x30, 0x31, 0xa0]), children: [cloneOf(node)], content: Buffer.alloc(0) })
      break
    default:
      node.children = null
      node.content = changedContent(encodeContent(node), random)
  }
}

function changedContent(content: Buffer, random: Random): Buffer {
  const at = random.below(content.length + 1)
  switch (random.below(5)) {
    case 0:
      return Buffer.from(random.of(CONTENTS), 'hex')
    case 1:
      return splice(content, at, random.of([0, 1]), Buffer.from(random.of(CONTENTS), 'hex'))
    case 2:
      return splice(content, at, 1, Buffer.of(random.below(256)))
    case 3:
      return splice(content, at, random.of([1, 4]), Buffer.alloc(0))
    default:
      return splice(
        content,
        at,
        0,
        Buffer.from(random.of(['a', '\n', '\0', ',', '+', '\\', '"', '#', '=', ';', ' ', 'é', '漢', '😀', '*']), 'utf8'),
      )
  }
}

/** So that no element comes to hold itself. */
function cloneOf({ tag, children, content }: Node): Node {
  return { tag, children: children === null ? null : children.map(cloneOf), content }
}

/** All lists of elements that have any. */
function collect(list: Node[], into: Node[][], depth = 0): void {
  if (list.length === 0 || depth > MAX_DEPTH || into.length > 2000) return
  into.push(list)
  for (const { children } of list) if (children !== null) collect(children, into, depth + 1)
}

function parse(bytes: Buffer, depth: number): Node[] | null {
  const nodes: Node[] = []
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at] ?? 0
    let length = bytes[at + 1] ?? 256
    let start = at + 2
    if (length > 0x84 || length === 0x80) return null
    if (length > 0x80) {
      const octets = length - 0x80
      if (start + octets > bytes.length) return null
      length = bytes.readUIntBE(start, octets)
      start += octets
    }
    const end = start + length
    if (end > bytes.length) return null
    const content = bytes.subarray(start, end)
    nodes.push({ tag, children: childrenOf(tag, content, depth), content })
    at = end
  }
  return nodes
}

/** Also of OCTET STRINGs and BIT STRINGs that hold DER: extensions and keys do. */
function childrenOf(tag: number, content: Buffer, depth: number): Node[] | null {
  if (depth > MAX_DEPTH || content.length === 0) return null
  if ((tag & 0x20) !== 0 || (tag === 0x04 && content.length > 1)) return parse(content, depth + 1)
  return null
}

function encodeContent({ children, content }: Node): Buffer {
  return children === null ? content : Buffer.concat(children.map(encode))
}

function encode(node: Node): Buffer {
  const content = encodeContent(node)
  return Buffer.concat([header(node.tag, content.length), content])
}

function header(tag: number, length: number): Buffer {
  if (length < 0x80) return Buffer.of(tag, length)
  const octets = length < 0x100 ? 1 : length < 0x10000 ? 2 : 3
  const bytes = Buffer.alloc(2 + octets)
  bytes[0] = tag
  bytes[1] = 0x80 + octets
  bytes.writeUIntBE(length, 2, octets)
  return bytes
}
