#include "simulation/actors/faulty_link.hpp"

namespace truckee::simulation {

namespace {

using namespace messages;

sim_time to_sim(duration t) {
  return static_cast<sim_time>(std::chrono::duration_cast<std::chrono::microseconds>(t).count());
}

class faulty_link_state {
public:
  using handle = server_link;
  static constexpr const char* name = "truckee.test.faulty_link";

  faulty_link_state(shell<faulty_link_state>* self, std::shared_ptr<client_port> port, server_id server)
    : self_(self), port_(std::move(port)), server_(server) {}

  behavior<handle> make_behavior() {
    return {
        [this](const write_slot& x) { return write(x); },
        [this](const read_slot& x) { return read(x); },
        [this](const lease_slot& x) {
          return carry<lease_slot_answer, lease_answer>(x.deadline,
                                                        [x](sim_server&, bool) { return lease_answer{}; });
        },
        [this](const introduce&) {
          const auto& server = port_->truth.at(server_);
          met_ = met_ || server.up;
          introduction out;
          out.known = met_;
          out.reachable = server.up;
          out.detail = met_ ? "" : "connection refused";
          if (met_)
            out.info = keeper(port_->truth.at(server_)).info();
          return out;
        },
        [](const link_status&) { return link_report{}; },
        [this](const read_leases_at& x) {
          return carry<read_leases_answer, stored_leases>(x.deadline,
                                                          [](sim_server&, bool) { return stored_leases{}; });
        },
        [this](const advise_share& x) {
          return carry<advise_share_answer, advice_answer>(x.deadline,
                                                           [](sim_server&, bool) { return advice_answer{}; });
        },
        [this](const stage_at& x) {
          return carry<stage_at_answer, grid::stage_answer>(
              x.deadline,
              [piece = x.request](sim_server& server, bool) { return keeper(server).stage(*piece); });
        },
    };
  }

private:
  static store_keeper& keeper(sim_server& server) { return dynamic_cast<store_keeper&>(*server.slot); }

  caf::result<write_answer> write(const write_slot& x) {
    auto promise = self_->make_response_promise<write_answer>();
    if (!port_->may_send(true))
      return promise;
    const auto version = port_->wires.write_goes_out(server_, *x.request);
    port_->truth.send_write(port_->writer, server_, *x.request, to_sim(x.deadline),
                            [port = port_, server = server_, version, promise, message = x.request](
                                const delivered<grid::read_test_write_answer>& what) mutable {
                              port->wires.write_comes_back(server, version, *message, what);
                              write_answer answer;
                              tell(answer, what);
                              promise.deliver(std::move(answer));
                            });
    return promise;
  }

  caf::result<read_answer> read(const read_slot& x) {
    port_->wires.read_goes_out(server_, x.request);
    return carry<read_answer, grid::slot_read_answer>(
        x.deadline,
        [port = port_, question = x.request](sim_server& server, bool lies) {
          auto answer = keeper(server).read(question);
          if (lies)
            lie(port->truth, answer);
          return answer;
        },
        [port = port_, server = server_, question = x.request](const auto& what) {
          port->wires.read_comes_back(server, question, what);
        });
  }

  static void lie(world& truth, grid::slot_read_answer& answer) {
    share_bytes_map first;
    for (const auto& [number, data] : answer.reads)
      if (!data.empty())
        first[number] = to_bytes(data.front().view());
    truth.lie(first);
    for (auto at = answer.reads.begin(); at != answer.reads.end();) {
      const auto told = first.find(at->first);
      if (told == first.end()) {
        at = answer.reads.erase(at);
        continue;
      }
      at->second.front() = shared_bytes::copy_of(byte_view(told->second));
      ++at;
    }
  }

  template <class Answer, class Inner>
  caf::result<Answer> carry(
      duration deadline, std::function<Inner(sim_server&, bool)> serve,
      std::function<void(const delivered<Inner>&)> watch = [](const auto&) {}) {
    auto promise = self_->make_response_promise<Answer>();
    if (!port_->may_send(false))
      return promise;
    port_->truth.send_read<Inner>(server_, to_sim(deadline), std::move(serve),
                                  [promise, watch](const delivered<Inner>& what) mutable {
                                    watch(what);
                                    Answer answer;
                                    tell(answer, what);
                                    promise.deliver(std::move(answer));
                                  });
    return promise;
  }

  template <class Answer, class Inner>
  static void tell(Answer& answer, const delivered<Inner>& what) {
    using how = messages::delivery;
    answer.how = what.how == delivery::answered     ? how::answered
                 : what.how == delivery::never_sent ? how::unreachable
                                                    : how::unknown;
    answer.answer = what.answer;
    if constexpr (requires { answer.timed_out; })
      answer.timed_out = what.how == delivery::timed_out;
    answer.detail = what.how == delivery::never_sent  ? "connection refused"
                    : what.how == delivery::lost      ? "connection lost"
                    : what.how == delivery::timed_out ? "no answer in time"
                                                      : "";
  }

  using delivery = simulation::delivery;
  shell<faulty_link_state>* self_;
  std::shared_ptr<client_port> port_;
  server_id server_;
  bool met_ = false;
};

} // namespace

messages::server_link spawn_faulty_link(caf::actor_system& system, std::shared_ptr<client_port> port,
                                        server_id server) {
  return messages::spawn<faulty_link_state>(system, std::move(port), server);
}

} // namespace truckee::simulation
