#pragma once

/// Driving a gateway of another process by messages: truckee::control. docs/remote.md explains it.
#include "truckee/control/controller.hpp"
#include "truckee/control/gateway.hpp"
#include "truckee/control/windowed_read.hpp"
