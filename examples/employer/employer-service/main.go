// employer-service is the same look-up as an HTTP service. It answers 202, and posts the
// answer to the callback URL later.
package main

import (
	"flag"
	"log"
	"net/http"
	"os"
	"time"

	"idjourney/examples/employer"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8090", "where the service listens")
	takes := flag.Duration("takes", 2*time.Second, "how long a look-up takes")
	flag.Parse()
	token := os.Getenv("EMPLOYER_TOKEN")
	if token == "" {
		log.Fatal("set EMPLOYER_TOKEN to the bearer token that idjourney sends")
	}
	s := &service{
		register: employer.Register(os.Getenv("EMPLOYER_REGISTER")),
		token:    token, takes: *takes, again: time.Second, underWay: map[string]*employer.Answer{},
	}
	mux := http.NewServeMux()
	mux.Handle("POST /steps/employer", s)
	server := &http.Server{Addr: *listen, Handler: mux, ReadTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServe())
}
