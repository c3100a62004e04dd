// SPDX-License-Identifier: MIT
// Lines of the real zap: production's JSON, or (argument: dev) development's console.
package main

import (
	"errors"
	"os"

	"go.uber.org/zap"
)

func main() {
	config := zap.NewProductionConfig()
	if len(os.Args) > 1 {
		config = zap.NewDevelopmentConfig()
	}
	config.OutputPaths = []string{"stdout"}
	config.DisableStacktrace = len(os.Args) > 1
	config.Sampling = nil
	config.Level.SetLevel(zap.DebugLevel)
	log, _ := config.Build()
	for i := 0; i < 6; i++ {
		log.Debug("looked", zap.Int("chat", 42+i))
		log.Info("handled update", zap.Int("n", i), zap.Duration("took", 1500000))
		log.Warn("slow", zap.String("req.id", "r1"))
		log.Error("could not answer", zap.Error(errors.New("it broke")))
	}
	log.With(zap.String("bot", "shop"), zap.String("trace_id", "a-1")).Info("with a bot")
}
