#pragma once

#include "truckee/actors/shell/operation_context.hpp"
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

/// Logs and counts a share that does not verify; `what` is the event that says so.
void tell_corrupt_share(const operation_context& context, const grid::share_place& place,
                        std::string_view reason, const logs::event& what = logs::events::corrupt_share);

/// What an operation waits at its end for servers that it gave advice.
inline constexpr auto advice_patience = std::chrono::seconds(2);

/// Tells the server whose share it is, once an hour; what it answers changes nothing for anybody here. For what its bytes
/// showed: a server that cannot read a share knows that by itself. `done()` runs when it answered, or is not waited for any
/// longer; false: nothing was sent, and `done` will not run.
template <class Self, class Done>
bool advise_server(Self* self, const operation_context& context, const grid::share_place& place,
                   std::string_view reason, Done done) {
  const auto& services = *context.services;
  const auto* entry = context.servers->find(place.server);
  if (entry == nullptr || reason.empty() ||
      !services.advice->is_due(place.server, context.access.slot, place.share, services.time->now()))
    return false;
  messages::share_advice advice{context.access.slot, place.share,
                                std::string(reason.substr(0, messages::advice_reason_max))};
  // A server that is slow to answer this is given its time: the link alone says who is silent.
  messages::advise_share question{std::move(advice), messages::duration(services.limits.server_deadline(0)),
                                  given_advice::goes_out(services.advice)};
  messages::request(
      self, entry->link, messages::duration(advice_patience), std::move(question),
      [done](const messages::advise_share_answer&) { done(); }, [done](const caf::error&) { done(); });
  return true;
}

} // namespace truckee::actors
