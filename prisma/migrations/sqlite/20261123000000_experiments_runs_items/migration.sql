-- CreateTable
CREATE TABLE "Experiment" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "question" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL,
    "form" TEXT NOT NULL
);

-- CreateTable
CREATE TABLE "Run" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "experimentId" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "label" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "completeness" TEXT NOT NULL,
    "settings" TEXT NOT NULL,
    "input" TEXT NOT NULL,
    "resultBucket" TEXT NOT NULL,
    "resultPath" TEXT NOT NULL,
    "datasetId" TEXT NOT NULL,
    "modelId" TEXT NOT NULL,
    "batchSize" INTEGER NOT NULL,
    "memoryMb" INTEGER NOT NULL,
    "dataBytes" BIGINT NOT NULL,
    "createdAt" DATETIME NOT NULL,
    "startedAt" DATETIME,
    "stoppedAt" DATETIME,
    "stopRequestedAt" DATETIME,
    "executionArn" TEXT,
    "mapRunArn" TEXT,
    "historyEventId" INTEGER NOT NULL DEFAULT 0,
    "states" TEXT NOT NULL DEFAULT '{}',
    "itemsPending" INTEGER NOT NULL DEFAULT 0,
    "itemsRunning" INTEGER NOT NULL DEFAULT 0,
    "itemsSucceeded" INTEGER NOT NULL DEFAULT 0,
    "itemsFailed" INTEGER NOT NULL DEFAULT 0,
    "itemsTimedOut" INTEGER NOT NULL DEFAULT 0,
    "itemsAborted" INTEGER NOT NULL DEFAULT 0,
    "itemsTotal" INTEGER NOT NULL DEFAULT 0,
    "durationMs" REAL,
    "mapWallMs" REAL,
    "throughputBps" REAL,
    "samplesPerSecond" REAL,
    "costUsd" REAL,
    "error" TEXT,
    "cause" TEXT,
    "warnings" TEXT NOT NULL DEFAULT '[]',
    "report" TEXT,
    "measures" TEXT,
    "bill" TEXT,
    "metrics" TEXT,
    CONSTRAINT "Run_experimentId_fkey" FOREIGN KEY ("experimentId") REFERENCES "Experiment" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "RunItem" (
    "runId" TEXT NOT NULL,
    "rank" INTEGER NOT NULL,
    "status" TEXT NOT NULL,
    "keys" TEXT NOT NULL,
    "sizeBytes" BIGINT NOT NULL,
    "samples" INTEGER,
    "startedAt" DATETIME,
    "stoppedAt" DATETIME,
    "durationMs" REAL,
    "modelLoopMs" REAL,
    "billedMs" REAL,
    "maxMemoryMb" REAL,
    "coldStart" BOOLEAN,
    "phasesMs" TEXT,
    "requestId" TEXT,
    "logGroup" TEXT,
    "logStream" TEXT,
    "error" TEXT,
    "cause" TEXT,

    PRIMARY KEY ("runId", "rank"),
    CONSTRAINT "RunItem_runId_fkey" FOREIGN KEY ("runId") REFERENCES "Run" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateIndex
CREATE INDEX "Experiment_createdAt_idx" ON "Experiment"("createdAt");

-- CreateIndex
CREATE INDEX "Run_createdAt_idx" ON "Run"("createdAt");

-- CreateIndex
CREATE INDEX "Run_status_createdAt_idx" ON "Run"("status", "createdAt");

-- CreateIndex
CREATE INDEX "Run_experimentId_position_idx" ON "Run"("experimentId", "position");

-- CreateIndex
CREATE INDEX "Run_durationMs_idx" ON "Run"("durationMs");

-- CreateIndex
CREATE INDEX "Run_mapWallMs_idx" ON "Run"("mapWallMs");

-- CreateIndex
CREATE INDEX "Run_throughputBps_idx" ON "Run"("throughputBps");

-- CreateIndex
CREATE INDEX "Run_costUsd_idx" ON "Run"("costUsd");

-- CreateIndex
CREATE INDEX "Run_batchSize_idx" ON "Run"("batchSize");

-- CreateIndex
CREATE INDEX "Run_dataBytes_idx" ON "Run"("dataBytes");

-- CreateIndex
CREATE INDEX "Run_modelId_memoryMb_status_idx" ON "Run"("modelId", "memoryMb", "status");

-- CreateIndex
CREATE INDEX "Run_stoppedAt_idx" ON "Run"("stoppedAt");

-- CreateIndex
CREATE INDEX "RunItem_runId_status_rank_idx" ON "RunItem"("runId", "status", "rank");

-- CreateIndex
CREATE INDEX "RunItem_runId_durationMs_idx" ON "RunItem"("runId", "durationMs");
