import { escapeUnseen } from './json-text.ts'

/**
 * Brings a JSON line down to `maxBytes` by cutting its longest strings and lists, each cut marked with `…`; the result is
 * one JSON line again. What is no JSON object is replaced by a line that says so: no part of it can be trusted to be whole.
 */
export function shortenLine(line: string, maxBytes: number): string {
  let parsed: unknown
  try {
    parsed = JSON.parse(line)
  } catch {
    return '{"msg":"a log line was too long and unreadable"}\n'
  }
  for (let limit = 1024; limit >= 4; limit >>= 1) {
    const text = `${escapeUnseen(JSON.stringify(cut(parsed, limit)))}\n`
    if (Buffer.byteLength(text) <= maxBytes) return text
  }
  return '{"msg":"a log line was too long"}\n'
}

function cut(value: unknown, limit: number): unknown {
  if (typeof value === 'string') return value.length > limit ? `${value.slice(0, limit)}…` : value
  if (Array.isArray(value)) {
    const items = value.slice(0, limit >> 3).map((item) => cut(item, limit))
    return items.length < value.length ? [...items, '…'] : items
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [cut(key, limit), cut(item, limit)]))
}
