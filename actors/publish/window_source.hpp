#pragma once

#include "truckee/actors/steps/retriever.hpp"
#include "truckee/codec/layout.hpp"
