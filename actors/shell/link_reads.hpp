#pragma once

#include "truckee/logs/event_log.hpp"
#include "truckee/messages/types.hpp"
#include "truckee/metrics/metrics.hpp"

#include <string>

namespace truckee::actors {

/// The link answers within a request's deadline; so much more only guards against a defect of ours.
inline constexpr auto link_grace = std::chrono::seconds(1);

/// Reads from a server; `then(read_answer)` runs exactly once, whatever happens to the link.
template <class Self, class Then>
void read_from(Self* self, const messages::server_link& link, grid::slot_read request,
               messages::duration deadline, Then then) {
  messages::request(self, link, deadline + link_grace, messages::read_slot{std::move(request), deadline},
                    then, [self, then](const caf::error& e) mutable {
                      messages::read_answer lost;
                      lost.how = messages::delivery::unknown;
                      lost.detail = messages::describe(e, self->system());
                      then(lost);
                    });
}

/// Whether the server answered, and well.
bool went_well(const messages::read_answer& x);
/// Why it did not, for people.
std::string reason_of(const messages::read_answer& x);
void count_read(metrics::server_events& events, const messages::read_answer& x);

void tell_corrupt_share(const logs::log_ptr& log, std::uint64_t operation, std::string_view server,
                        share_number share, std::string_view reason);

} // namespace truckee::actors
