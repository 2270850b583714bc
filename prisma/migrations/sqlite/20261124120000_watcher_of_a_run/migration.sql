-- AlterTable
ALTER TABLE "Run" ADD COLUMN "watchedUntil" DATETIME;
ALTER TABLE "Run" ADD COLUMN "watcher" TEXT;
