#pragma once

/// The inspections of everything that crosses the network.

#include "truckee/messages/wire/gateway.hpp"
#include "truckee/messages/wire/storage.hpp"
