#pragma once

#include "truckee/actors/shell/given_advice.hpp"
#include "truckee/actors/shell/known_places.hpp"
#include "truckee/actors/shell/server_list.hpp"
#include "truckee/base/buffer_pool.hpp"
#include "truckee/base/executor.hpp"
#include "truckee/base/random.hpp"
#include "truckee/base/time_source.hpp"
#include "truckee/codec/erasure/erasure_code.hpp"
#include "truckee/crypto/keys.hpp"
#include "truckee/doors/porter.hpp"
#include "truckee/gbs/client/client.hpp"
#include "truckee/grid/limits.hpp"
#include "truckee/logs/event_log.hpp"
#include "truckee/messages/household.hpp"
#include "truckee/messages/types.hpp"
#include "truckee/metrics/metrics.hpp"

#include <memory>

namespace truckee::actors {

/// What actors take from outside. Every actor, and every job it leaves with an executor, shares it: the last
/// one out closes the pools.
struct services {
  std::shared_ptr<executor> compute;     ///< encoding, hashing, signing
  std::shared_ptr<executor> blocking;    ///< fsync, files; they mostly wait
  std::shared_ptr<random_source> random; ///< salts, keys, jitter
  time_ptr time = system_time();         ///< for actors; timers are CAF's
  std::shared_ptr<codec::erasure_codes> codes = std::make_shared<codec::erasure_codes>();
  std::shared_ptr<given_advice> advice = std::make_shared<given_advice>();
  std::shared_ptr<known_places> places = std::make_shared<known_places>();
  std::shared_ptr<metrics::recorder> metrics;
  logs::log_ptr log = {}; ///< empty: nobody listens
  crypto::lease_secret lease = {};
  grid::grid_limits limits = {};
  std::shared_ptr<buffer_pool> buffers = {};       ///< where shares are made; nothing: fresh memory each time
  std::shared_ptr<messages::household> house = {}; ///< where actors join; nothing: nobody counts them
  messages::byte_budget budget = {};               ///< empty: no bound on shares in memory
  std::shared_ptr<doors::porter> porter = {};      ///< makes connections; nothing: the system has no network
  std::shared_ptr<gbs::client> https = {}; ///< asks servers that are reached by nurl; nothing: none can be
};

/// Never empty.
using services_ptr = std::shared_ptr<const services>;

} // namespace truckee::actors
