import { hash, type KeyObject } from 'node:crypto'
import { publicKeyInfo } from './key.ts'

export const ROOT_TITLE = 'certgate root CA'

/** The name of a CA that is made here: with the start of its key's SHA-256, so that two of one machine are never mistaken for each other. */
export const titled = (title: string, key: KeyObject): string => `${title} ${hash('sha256', publicKeyInfo(key), 'hex').slice(0, 8)}`
