#pragma once

#include "program/support/program.hpp"

#include <array>

/// Ten `truckee storage` processes on loopback with mutual TLS, and a grid file for them.
namespace truckee::test {

class server_farm : public program_test {
protected:
  static constexpr std::size_t servers = 10;

  /// Makes certificates, starts all servers, writes the grid file.
  void start_farm(bool tls = true);
  /// Starts one server again, at the port and over the directory it had.
  void restart(std::size_t server);
  /// SIGKILL, and gone.
  void kill(std::size_t server) { farm_.at(server)->kill(); }
  process& server(std::size_t i) { return *farm_.at(i); }
  std::string address(std::size_t i) const { return addresses_.at(i); }
  std::string id_of(std::size_t i) const;
  static std::string name_of(std::size_t i) { return "s" + std::to_string(i); }
  std::filesystem::path stores() const { return place() / "stores"; }

  /// `more`: text for the end of the grid file.
  void write_grid(const std::string& more = {});
  /// With its entry's text for every server changed by `entry`.
  std::string grid_entry(std::size_t i) const;
  std::string tls_table(const std::string& name = "client") const;
  /// With --grid in front.
  arguments on_grid(arguments words) const;

  /// Set before start_farm().
  /// Patience, so that a busy machine's servers are not left out.
  std::string limits_ = "[limits]\nserver-deadline-seconds = 2\nconnect-timeout-seconds = 1\n"
                        "patience-milliseconds = 10000\n";
  arguments server_options_; ///< added to every server's command line

private:
  process& launch(std::size_t i, const std::string& listen);

  bool tls_ = true;
  std::array<process*, servers> farm_{};
  std::array<std::string, servers> addresses_;
};

} // namespace truckee::test
