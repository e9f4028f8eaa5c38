#pragma once

#include "truckee/actors/links/endpoint.hpp"
#include "truckee/actors/links/transport.hpp"
#include "truckee/actors/shell/services.hpp"

namespace truckee::actors {

/// Leads nowhere: says why, however often it is tried.
class absent_transport final : public transport {
public:
  explicit absent_transport(std::string why) : why_(std::move(why)) {}

  void connect(on_ready, on_failed failed) override { failed(link_failure::unreachable, why_); }
  void send(storage_request, messages::duration, on_done done) override { done(delivered::unsent(why_)); }
  void close() override {}
  std::string endpoint() const override { return "embedded"; }

private:
  std::string why_;
};

template <class Self>
std::unique_ptr<transport> make_transport(Self*, const absent_store& nowhere, const services&,
                                          messages::duration) {
  return std::make_unique<absent_transport>(nowhere.why);
}

} // namespace truckee::actors
