#pragma once

#include "truckee/cli/files/lendable.hpp"
#include "truckee/messages/gateway.hpp"

#include <caf/actor_system.hpp>

namespace truckee::cli {

/// Lends a file for as long as this lives, to a gateway of this process or of another.
class lender {
public:
  lender(caf::actor_system& system, std::shared_ptr<const lendable_file> file);
  ~lender();
  lender(const lender&) = delete;
  lender& operator=(const lender&) = delete;

  messages::lent_content content() const { return {source_, bytes_}; }

private:
  messages::content_source source_;
  std::uint64_t bytes_;
};

} // namespace truckee::cli
