#pragma once

/// Every actor's protocol, a sentence a message. Reading these four alone tells the system; what of them crosses
/// the network is said in storage.hpp and gateway.hpp, and written down by wire.hpp.

#include "truckee/messages/gateway.hpp"
#include "truckee/messages/links.hpp"
#include "truckee/messages/operations.hpp"
#include "truckee/messages/storage.hpp"
