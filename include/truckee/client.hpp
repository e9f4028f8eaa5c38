#pragma once

/// A client in an actor system of the host's: truckee::client. docs/embedding.md explains it.
#include "truckee/actors/node/client.hpp"
#include "truckee/messages/types.hpp"
