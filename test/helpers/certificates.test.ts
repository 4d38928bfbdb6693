import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { makeCertificates } from './certificates.js'

test('the CA has issued both certificates, another one has not', async () => {
  await using ours = await makeCertificates()
  await using theirs = await makeCertificates()
  const ca = new X509Certificate(readFileSync(ours.caPath))
  const server = new X509Certificate(readFileSync(ours.server.certificatePath))
  const client = new X509Certificate(readFileSync(ours.client.certificatePath))
  expect([ca.ca, server.ca]).toEqual([true, false])
  expect([server.verify(ca.publicKey), client.verify(ca.publicKey)]).toEqual([true, true])
  expect(server.verify(new X509Certificate(theirs.caPem).publicKey)).toBe(false)
  expect([server.checkIP('127.0.0.1'), server.checkHost('localhost')]).toEqual(['127.0.0.1', 'localhost'])
})

test('the folder is gone afterwards', async () => {
  const certificates = await makeCertificates()
  expect(existsSync(certificates.client.keyPath)).toBe(true)
  await certificates.remove()
  expect(existsSync(certificates.folder)).toBe(false)
})
