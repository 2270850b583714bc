-- AlterTable
ALTER TABLE "RunItem" ADD COLUMN "notANumber" INTEGER;
