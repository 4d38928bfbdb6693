// Nest: npm run build && npm start, then curl localhost:3000/bread/7
import 'reflect-metadata'
import { Controller, Get, Injectable, Module, Param } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Traced } from 'spanwright'

@Injectable()
class Prices {
  @Traced()
  priceOf(id: string): number {
    return Number(id) * 0.4
  }
}

@Controller('bread')
class BreadController {
  constructor(private readonly prices: Prices) {}

  @Get(':id')
  find(@Param('id') id: string): { id: string; price: number } {
    return { id, price: this.prices.priceOf(id) }
  }
}

@Module({ controllers: [BreadController], providers: [Prices] })
class AppModule {}

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] })
  app.enableShutdownHooks()
  await app.listen(process.env.PORT ?? 3000)
  const server = app.getHttpServer() as Server
  console.log(`listening on ${(server.address() as AddressInfo).port}`)
}

void main()
