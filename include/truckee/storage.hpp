#pragma once

/// A share store in an actor system of the host's: truckee::store. docs/embedding.md explains it.
#include "truckee/actors/node/storage_node.hpp"
#include "truckee/messages/types.hpp"
